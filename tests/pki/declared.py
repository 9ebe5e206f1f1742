"""The declared PKI of fixtures/pki: its certificates, keys and revocations by name, in either family.

Everything in it is fixed but the random part of SM2 and ECDSA signatures. A certificate is made when it is first asked
for, and its key loaded then, so a test pays for what it uses.
"""

import tomllib
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import keys
from keys import der
from keys.certificates import EXTENDED_KEY_USAGE, KEY_USAGE, KEY_USAGES
from keys.extensions import extension

FOLDER = Path(__file__).parents[2] / "fixtures" / "pki"
FAMILIES = ("sm2", "rsa")
PLACEHOLDER = "http://pki.invalid"
"""Where the certificates say that they are published, until a server has a port."""

CRL_LIFE = timedelta(days=7)


@cache
def _declaration() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "pki.toml").read_text("utf-8"))


@cache
def _key(family: str, name: str) -> keys.ExportablePrivateKey:
    pem = (FOLDER / "keys" / f"{family}-{name}.pem").read_bytes()
    note, _, block = pem.partition(b"\n")
    assert note.startswith(b"TEST KEY")
    return keys.load_private_key(block)


@cache
def declared_pki(family: str, base_url: str = PLACEHOLDER) -> "DeclaredPki":
    """Give the PKI of a family, whose certificates name `base_url` as the place where they are published."""
    return DeclaredPki(family, base_url)


def policy() -> str:
    """The object identifier of the policy that the timestamps are made after."""
    return str(_declaration()["policy"])


class DeclaredPki:
    """One family of the declared PKI."""

    def __init__(self, family: str, base_url: str) -> None:
        self.family = family
        self.base_url = base_url
        self._declared: dict[str, dict[str, Any]] = {entry["name"]: entry for entry in _declaration()["certificate"]}
        self._made: dict[str, keys.Certificate] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._declared)

    @property
    def root(self) -> keys.Certificate:
        return self.certificate("root")

    def trusted(self) -> tuple[keys.Certificate, ...]:
        """The anchors: the root, and nothing of the other PKI."""
        return (self.root,)

    def certificate(self, name: str) -> keys.Certificate:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def key(self, name: str) -> keys.ExportablePrivateKey:
        """The private key of a certificate; several of the wrong ones share one."""
        return _key(self.family, self._declared[name].get("key", name))

    def key_names(self) -> set[str]:
        """Names of the files of `fixtures/pki/keys` that are used, without the family."""
        return {entry.get("key", name) for name, entry in self._declared.items()}

    def issuer_name(self, name: str) -> str | None:
        issuer: str | None = self._declared[name].get("issuer")
        return issuer

    def chain(self, name: str) -> tuple[keys.Certificate, ...]:
        """The certificate and its issuers, without the root."""
        names = [name]
        while (issuer := self.issuer_name(names[-1])) is not None:
            names.append(issuer)
        return tuple(self.certificate(one) for one in (names[:-1] if len(names) > 1 else names))

    def signer(self, name: str) -> keys.Signer:
        return keys.Signer(private_key=self.key(name), chain=self.chain(name))

    def issued_by(self, name: str) -> tuple[str, ...]:
        """Names of what a CA has issued."""
        return tuple(one for one in self._declared if self.issuer_name(one) == name)

    def revocation(self, name: str) -> keys.Revocation | None:
        """What is declared about a certificate, whatever the time."""
        declared = self._declared[name].get("revoked")
        if declared is None:
            return None
        return keys.Revocation(
            at=declared["at"].astimezone(UTC),
            reason=declared["reason"],
            invalid_since=declared["invalid_since"].astimezone(UTC) if "invalid_since" in declared else None,
        )

    def serial(self, name: str) -> int:
        serial: int = self._declared[name]["serial"]
        return serial

    def crl(
        self, issuer: str, at: datetime, revocations: dict[str, keys.Revocation] | None = None
    ) -> keys.CertificateList:
        """The list that a CA publishes at a time, good for a week. `revocations`: by name, in place of the declared."""
        return keys.make_crl(
            issuer=self.certificate(issuer),
            issuer_key=self.key(issuer),
            number=int(at.timestamp()),
            this_update=at,
            next_update=at + CRL_LIFE,
            revoked={
                self.serial(name): revocation
                for name, revocation in (self.revocations() if revocations is None else revocations).items()
                if self.issuer_name(name) == issuer and revocation.at <= at
            },
        )

    def revocations(self) -> dict[str, keys.Revocation]:
        """Everything that is declared as revoked, by name."""
        found = {name: self.revocation(name) for name in self._declared}
        return {name: revocation for name, revocation in found.items() if revocation is not None}

    def _make(self, name: str) -> keys.Certificate:
        entry = self._declared[name]
        family = _declaration()["families"][self.family]
        organization = _declaration()["organizations"].get(entry.get("organization"), {})
        issuer = self.issuer_name(name)
        published = entry.get("published", ["crl", "ocsp"]) if issuer is not None else []
        profile = keys.Profile(entry["profile"])
        certificate = keys.make_certificate(
            subject=keys.Subject(
                common_name=entry["common_name"].format(title=family["title"]),
                organization=organization.get("name"),
                organization_identifier=organization.get("code"),
                organizational_unit=keys.DEVELOPMENT_MARK,
            ),
            public_key=self.key(name).public_key,
            issuer=None if issuer is None else self.certificate(issuer),
            issuer_key=self.key(issuer or name),
            serial=entry["serial"],
            not_before=entry["not_before"].astimezone(UTC),
            not_after=entry["not_after"].astimezone(UTC),
            profile=profile,
            crl_urls=[f"{self.base_url}/crl/{issuer}.crl"] if "crl" in published else (),
            ocsp_urls=[f"{self.base_url}/ocsp/{issuer}"] if "ocsp" in published else (),
            ocsp_no_check=entry.get("no_check", False),
        )
        if "wrong" in entry:
            return self._spoiled(certificate, issuer or name, entry["wrong"])
        return certificate

    def _spoiled(self, certificate: keys.Certificate, issuer: str, wrong: dict[str, Any]) -> keys.Certificate:
        """Make a good certificate wrong and sign it again, which the product itself would not do."""
        outer = der.DerReader(certificate.tbs).read_sequence()
        parts = []
        while not outer.at_end:
            parts.append(outer.read_raw())
        items = der.DerReader(der.DerReader(parts.pop()).read(0xA3)).read_sequence()
        replaced = {KEY_USAGE} if "usage" in wrong else {EXTENDED_KEY_USAGE} if "purpose" in wrong else set()
        extensions = []
        while not items.at_end:
            raw = items.read_raw()
            if der.DerReader(raw).read_sequence().read_oid() not in replaced:
                extensions.append(raw)
        if "usage" in wrong:
            extensions.append(extension(KEY_USAGE, _key_usage(wrong["usage"]), critical=True))
        if "purpose" in wrong:
            purpose = der.sequence(der.oid(wrong["purpose"]))
            extensions.append(extension(EXTENDED_KEY_USAGE, purpose, critical=wrong["critical"]))
        tbs = der.sequence(*parts, der.context(3, der.sequence(*extensions)))
        signature = self.key(wrong.get("signed_by", issuer)).sign(tbs)
        identifier = certificate.algorithm.signature_identifier
        return keys.parse_certificate(der.sequence(tbs, identifier, der.bit_string(signature)))


def _key_usage(names: list[str]) -> bytes:
    bits = sum(0x80 >> KEY_USAGES.index(name) for name in names)
    unused = (bits & -bits).bit_length() - 1
    return der.tlv(der.BIT_STRING, bytes((unused, bits)))
