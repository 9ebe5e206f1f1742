"""Signed data of others: everything the openssl command writes, what attackers make of it, and hostile bytes.

The forms of SM2 products are in test_gbt35275.py.
"""

import base64
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from damage import damaged
from der_slices import whole
from hypothesis import given, settings
from hypothesis import strategies as st
from openssl_signing import oid, tlv

from esign import Coverage, EsignError, ForeignSignedData, MalformedError, TooLargeError, read_foreign_cms
from keys import (
    BadSignatureError,
    DevelopmentPki,
    KeysError,
    MalformedCertificateError,
    Signer,
    UnsupportedAlgorithmError,
    hash_bytes,
)

ORIGINAL = "公民提交的材料\n".encode() * 50
DATA, SIGNED = oid("1.2.840.113549.1.7.1"), oid("1.2.840.113549.1.7.2")
CONTENT_TYPE, MESSAGE_DIGEST = oid("1.2.840.113549.1.9.3"), oid("1.2.840.113549.1.9.4")
SIGNING_TIME, SIGNATURE_TIMESTAMP = oid("1.2.840.113549.1.9.5"), oid("1.2.840.113549.1.9.16.2.14")
SIGNING_CERTIFICATE_V2 = oid("1.2.840.113549.1.9.16.2.47")
RSA_ENCRYPTION, SHA256_RSA = oid("1.2.840.113549.1.1.1"), oid("1.2.840.113549.1.1.11")
SHA1, SHA256, SHA512 = oid("1.3.14.3.2.26"), oid("2.16.840.1.101.3.4.2.1"), oid("2.16.840.1.101.3.4.2.3")
NULL = b"\x05\x00"
EXTENSIONS = """
[req]
distinguished_name = empty
[empty]
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature, nonRepudiation
subjectKeyIdentifier = hash
"""


def good(cms: bytes, original: bytes = ORIGINAL) -> ForeignSignedData:
    """Read it and check it as a caller must: the content inside speaks for the original, and the signers for that."""
    facts = read_foreign_cms(cms)
    assert facts.coverage(original) is not Coverage.NOTHING
    content = original if facts.content is None else facts.content
    assert facts.signers
    for one in facts.signers:
        assert one.digest_matches(content)
        assert one.names_certificate() is not False
        one.verify_signature(content)
    return facts


def accepted(cms: bytes, original: bytes = ORIGINAL) -> bool:
    try:
        good(cms, original)
    except (AssertionError, KeysError, EsignError):
        return False
    return True


# What the openssl command writes.


@dataclass
class Openssl:
    folder: Path
    made: dict[tuple[str, ...], bytes] = field(default_factory=dict)

    def run(self, *arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr

    def identity(self, name: str, *key: str) -> None:
        self.run(
            "req", "-x509", "-newkey", *key, "-nodes", "-config", "req.cnf", "-extensions", "leaf", "-days", "2",
            "-subj", f"/C=CN/CN=test {name}", "-keyout", f"{name}.key", "-out", f"{name}.pem",
        )  # fmt: skip
        self.run("x509", "-in", f"{name}.pem", "-outform", "DER", "-out", f"{name}.der")

    def certificate(self, name: str) -> bytes:
        return (self.folder / f"{name}.der").read_bytes()

    def sign(self, *options: str, who: tuple[str, ...] = ("rsa",), form: str = "DER") -> bytes:
        signers = [part for name in who for part in ("-signer", f"{name}.pem", "-inkey", f"{name}.key")]
        command = ("cms", "-sign", "-binary", "-in", "original", *signers, "-outform", form, *options)
        if command not in self.made:
            self.run(*command, "-out", "signed")
            self.made[command] = (self.folder / "signed").read_bytes()
        return self.made[command]


@pytest.fixture(scope="module")
def openssl(tmp_path_factory: pytest.TempPathFactory) -> Openssl:
    made = Openssl(tmp_path_factory.mktemp("openssl"))
    (made.folder / "req.cnf").write_text(EXTENSIONS)
    (made.folder / "original").write_bytes(ORIGINAL)
    made.identity("rsa", "rsa:2048")
    made.identity("other", "rsa:2048")
    for name, curve in (("p256", "P-256"), ("p384", "P-384")):
        made.identity(name, "ec", "-pkeyopt", f"ec_paramgen_curve:{curve}")
    return made


PSS = ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest")


ALGORITHMS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    ((), "rsa", "RSA/SHA-256"),
    (("-md", "sha384"), "rsa", "RSA/SHA-384"),
    (("-md", "sha512"), "rsa", "RSA/SHA-512"),
    (PSS, "rsa", "RSA-PSS/SHA-256"),
    ((*PSS, "-md", "sha512"), "rsa", "RSA-PSS/SHA-512"),
    ((), "p256", "ECDSA P-256/SHA-256"),
    (("-md", "sha384"), "p384", "ECDSA P-384/SHA-384"),
)
FORMS: tuple[tuple[str, ...], ...] = (
    (),
    ("-nodetach",),
    ("-noattr",),
    ("-noattr", "-nodetach"),
    ("-keyid",),
    ("-cades",),
    ("-stream", "-nodetach"),
    ("-stream", "-nodetach", "-noattr"),
    ("-indef",),
    ("-nosmimecap", "-nodetach", "-keyid"),
)


@pytest.mark.parametrize(
    ("options", "who", "title", "form"),
    [
        pytest.param(*algorithm, form, id=" ".join((algorithm[2], *form)))
        for algorithm in ALGORITHMS
        for form in FORMS
        if not (algorithm[0][:2] == PSS[:2] and {"-stream", "-indef"} & set(form))  # openssl 3.0 cannot write it
    ],
)
def test_every_form(openssl: Openssl, options: tuple[str, ...], who: str, title: str, form: tuple[str, ...]) -> None:
    cms = openssl.sign(*options, *form, who=(who,))
    facts = good(cms)
    (one,) = facts.signers
    assert (one.algorithm_title, one.outdated) == (title, False)
    assert facts.coverage(ORIGINAL) is (
        Coverage.CONTENT if "-nodetach" in form or "-indef" in form else Coverage.DETACHED
    )
    assert (one.signed_attributes is None) is ("-noattr" in form)
    assert (one.signing_time is None) is ("-noattr" in form)
    assert (one.key_identifier is not None) is ("-keyid" in form) is (one.issuer is None)
    assert one.names_certificate() is (True if "-cades" in form else None)
    assert one.certificate_der == openssl.certificate(who)
    assert not accepted(cms, ORIGINAL + b"x")


def test_most_rsa_signatures_name_the_key_and_not_the_digest(openssl: Openssl) -> None:
    assert good(openssl.sign()).signers[0].algorithm_oid == "1.2.840.113549.1.1.1"


def test_streams_are_ber(openssl: Openssl) -> None:
    cms = openssl.sign("-stream", "-nodetach")
    assert cms[:2] == b"\x30\x80"
    assert b"\x24\x80\x04" in cms


def test_a_large_stream(openssl: Openssl) -> None:
    large = bytes(range(256)) * 20_000
    (openssl.folder / "large").write_bytes(large)
    openssl.run(
        "cms", "-sign", "-binary", "-in", "large", "-signer", "rsa.pem", "-inkey", "rsa.key", "-nodetach", "-stream",
        "-outform", "DER", "-out", "large.p7",
    )  # fmt: skip
    good((openssl.folder / "large.p7").read_bytes(), large)


def test_pem_and_base64(openssl: Openssl) -> None:
    pem = openssl.sign(form="PEM")
    assert pem.startswith(b"-----BEGIN CMS-----")
    for cms in (pem, pem.replace(b"BEGIN CMS", b"BEGIN PKCS7").replace(b"END CMS", b"END PKCS7")):
        good(cms)
    good(base64.encodebytes(openssl.sign()))
    for spoilt in (pem.replace(b"BEGIN CMS", b"BEGIN PKCS7"), b"text\n" + pem, pem + pem):
        with pytest.raises(MalformedError):
            read_foreign_cms(spoilt)


def test_pkcs7_of_openssl_smime(openssl: Openssl) -> None:
    """The older command writes PKCS #7."""
    openssl.run(
        "smime", "-sign", "-binary", "-in", "original", "-signer", "rsa.pem", "-inkey", "rsa.key", "-md", "sha256",
        "-outform", "DER", "-out", "smime",
    )  # fmt: skip
    good((openssl.folder / "smime").read_bytes())


def test_two_signers(openssl: Openssl) -> None:
    for form in ((), ("-nodetach",), ("-noattr",), ("-keyid",)):
        facts = good(openssl.sign(*form, who=("rsa", "p256")))
        assert {one.certificate_der for one in facts.signers} == {openssl.certificate(n) for n in ("rsa", "p256")}
        assert {one.algorithm_title for one in facts.signers} == {"RSA/SHA-256", "ECDSA P-256/SHA-256"}


def test_a_certificate_that_is_not_inside(openssl: Openssl) -> None:
    for form in ((), ("-keyid",)):
        (one,) = read_foreign_cms(openssl.sign("-nocerts", *form)).signers
        assert one.certificate_der is None
        assert one.digest_matches(ORIGINAL)
        with pytest.raises(MalformedError, match="not inside"):
            one.verify_signature(ORIGINAL)


def test_revocation_lists_come_along(openssl: Openssl) -> None:
    (openssl.folder / "index").write_text("")
    (openssl.folder / "ca.cnf").write_text("[ca]\ndefault_ca=c\n[c]\ndatabase=index\ndefault_md=sha256\n")
    openssl.run(
        "ca", "-config", "ca.cnf", "-gencrl", "-cert", "rsa.pem", "-keyfile", "rsa.key", "-crldays", "1", "-out", "crl"
    )  # fmt: skip
    openssl.run("crl2pkcs7", "-in", "crl", "-certfile", "rsa.pem", "-outform", "DER", "-out", "list.p7")
    facts = read_foreign_cms((openssl.folder / "list.p7").read_bytes())
    assert (len(facts.revocation_lists), facts.certificates) == (1, (openssl.certificate("rsa"),))
    assert (facts.signers, facts.coverage(ORIGINAL)) == ((), Coverage.DETACHED)


def test_sha1_is_outdated_and_never_good(openssl: Openssl) -> None:
    for options, who in ((("-md", "sha1"), "rsa"), (("-md", "sha1", "-noattr"), "rsa"), (("-md", "sha1"), "p256")):
        (one,) = read_foreign_cms(openssl.sign(*options, who=(who,))).signers
        assert one.outdated
        assert "1.3.14.3.2.26" in one.algorithm_title
        with pytest.raises(UnsupportedAlgorithmError, match="outdated"):
            one.verify_signature(ORIGINAL)


def test_what_our_table_does_not_have_is_unknown_and_not_false(openssl: Openssl) -> None:
    salted = ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:20")
    for options, who in ((salted, "rsa"), (("-md", "sha224"), "rsa"), (("-md", "sha256"), "p384")):
        (one,) = read_foreign_cms(openssl.sign(*options, who=(who,))).signers
        assert not one.outdated
        with pytest.raises(UnsupportedAlgorithmError):
            one.verify_signature(ORIGINAL)


# What attackers make. Oracle: it must not be accepted.


def sequence(*content: bytes) -> bytes:
    return tlv(0x30, *content)


def attribute(kind: bytes, *values: bytes) -> bytes:
    return sequence(kind, tlv(0x31, *values))


def digest_attribute(content: bytes = ORIGINAL, name: str = "sha256") -> bytes:
    return attribute(MESSAGE_DIGEST, tlv(0x04, hash_bytes(name, content)))


def data_attribute(kind: bytes = DATA) -> bytes:
    return attribute(CONTENT_TYPE, kind)


def named_attribute(certificate: bytes, *more: bytes) -> bytes:
    entry = sequence(tlv(0x04, hash_bytes("sha256", certificate)), *more)
    return attribute(SIGNING_CERTIFICATE_V2, sequence(sequence(entry)))


class Forge:
    """Signed data by one RSA key, in whatever form is asked for."""

    def __init__(self, signer: Signer, other: Signer) -> None:
        self.signer, self.other = signer, other
        self.leaf = signer.certificate.der

    def info(
        self,
        attributes: tuple[bytes, ...] | None = (data_attribute(), digest_attribute()),
        *,
        signed: bytes | None = None,
        by: Signer | None = None,
        digest: bytes = SHA256,
        algorithm: bytes = RSA_ENCRYPTION,
        parameters: bytes = NULL,
        unsigned: bytes = b"",
    ) -> bytes:
        if signed is None:
            signed = ORIGINAL if attributes is None else tlv(0x31, *attributes)
        tbs = whole(self.leaf).parts[0].parts
        return sequence(
            b"\x02\x01\x01",
            sequence(tbs[3].raw, tbs[1].raw),
            sequence(digest, NULL),
            b"" if attributes is None else tlv(0xA0, *attributes),
            sequence(algorithm, parameters),
            tlv(0x04, (by or self.signer).sign(signed)),
            unsigned,
        )

    def message(
        self,
        *infos: bytes,
        content: bytes | None = None,
        inner: bytes = DATA,
        certificates: tuple[bytes, ...] | None = None,
    ) -> bytes:
        given = (self.leaf,) if certificates is None else certificates
        return sequence(
            SIGNED,
            tlv(
                0xA0,
                sequence(
                    b"\x02\x01\x01",
                    tlv(0x31, sequence(SHA256)),
                    sequence(inner, b"" if content is None else tlv(0xA0, tlv(0x04, content))),
                    tlv(0xA0, *given),
                    tlv(0x31, *infos),
                ),
            ),
        )


@pytest.fixture(scope="module")
def forge(pkis: dict[str, DevelopmentPki]) -> Forge:
    return Forge(pkis["rsa"].seal, pkis["sm2"].seal)


def test_the_forge_can_make_good_ones(forge: Forge) -> None:
    """Or the refusals below would mean nothing."""
    good(forge.message(forge.info()))
    good(forge.message(forge.info(), content=ORIGINAL))
    good(forge.message(forge.info(None)))
    good(forge.message(forge.info(algorithm=SHA256_RSA)))
    good(forge.message(forge.info(parameters=b"")))
    good(forge.message(forge.info((data_attribute(), digest_attribute(), named_attribute(forge.leaf)))))


def test_content_inside_a_detached_signature(forge: Forge) -> None:
    """What is inside and what lies beside it must be the same thing, or one speaks for the other."""
    beside = forge.info((data_attribute(), digest_attribute(b"inside")))
    facts = read_foreign_cms(forge.message(beside, content=b"inside"))
    assert facts.coverage(ORIGINAL) is Coverage.NOTHING
    assert not accepted(forge.message(beside, content=b"inside"))
    assert not accepted(forge.message(forge.info(), content=b"inside"))
    assert not accepted(forge.message(forge.info(), content=b""))


def test_a_second_signer_who_did_not_sign(forge: Forge) -> None:
    good(forge.message(forge.info(), forge.info(None)))
    false = forge.info(signed=b"something else")
    for infos in ((forge.info(), false), (false, forge.info())):
        assert not accepted(forge.message(*infos))


def test_the_digest_as_content_speaks_for_the_original(forge: Forge) -> None:
    digest = hash_bytes("sha256", ORIGINAL)
    for content, coverage in ((digest, Coverage.DIGEST), (base64.b64encode(digest), Coverage.DIGEST_TEXT)):
        facts = good(forge.message(forge.info(None, signed=content), content=content))
        assert facts.coverage(ORIGINAL) is coverage
    other_digest = hash_bytes("sm3", ORIGINAL)
    assert not accepted(forge.message(forge.info(None, signed=other_digest), content=other_digest))


@pytest.mark.parametrize(
    "attributes",
    [
        (),
        (data_attribute(),),
        (digest_attribute(),),
        (data_attribute(), digest_attribute(), digest_attribute()),
        (data_attribute(), digest_attribute(), digest_attribute(b"")),
        (data_attribute(), data_attribute(), digest_attribute()),
        (data_attribute(), attribute(MESSAGE_DIGEST)),
        (data_attribute(), attribute(MESSAGE_DIGEST, tlv(0x04, bytes(32)), tlv(0x04, bytes(32)))),
        (data_attribute(), attribute(MESSAGE_DIGEST, NULL)),
        (data_attribute(oid("1.2.3")), digest_attribute()),
        (data_attribute(), digest_attribute(), attribute(SIGNING_TIME, tlv(0x17, b"991332000000Z"))),
        (data_attribute(), digest_attribute(), attribute(SIGNING_TIME, tlv(0x18, b"99991231235959Z"))),
        (data_attribute(), digest_attribute(), *[attribute(SIGNING_TIME, tlv(0x17, b"261121023000Z"))] * 2),
        (data_attribute(), digest_attribute(), attribute(SIGNING_CERTIFICATE_V2, sequence(sequence()))),
        (data_attribute(), digest_attribute(), *[named_attribute(b"")] * 2),
    ],
)
def test_attributes_that_do_not_say_one_thing(forge: Forge, attributes: tuple[bytes, ...]) -> None:
    """Missing, doubled, with several values, out of range."""
    with pytest.raises(MalformedError):
        read_foreign_cms(forge.message(forge.info(attributes)))


def test_the_content_type_must_be_the_signed_one(forge: Forge) -> None:
    """A timestamp's content is not data, whatever somebody says who did not sign it."""
    other = oid("1.2.840.113549.1.9.16.1.4")
    attributes = (data_attribute(other), digest_attribute())
    good(forge.message(forge.info(attributes), inner=other, content=ORIGINAL))
    for info, inner in ((forge.info(attributes), DATA), (forge.info(), other), (forge.info(None), other)):
        with pytest.raises(MalformedError):
            read_foreign_cms(forge.message(info, inner=inner, content=ORIGINAL))


def test_attributes_of_one_message_are_not_the_content_of_another(forge: Forge) -> None:
    """Whoever takes away the attributes of a signature has one over other content, unless it is recognised."""
    attributes = tlv(0x31, data_attribute(), digest_attribute())
    for cms in (
        forge.message(forge.info(None, signed=attributes)),
        forge.message(forge.info(None, signed=attributes), content=attributes),
    ):
        with pytest.raises(BadSignatureError, match="attributes of another"):
            good(cms, attributes)


def test_attributes_are_signed_as_a_set(forge: Forge) -> None:
    """Not under the tag [0] that stands in the file (RFC 5652 section 5.4)."""
    attributes = (data_attribute(), digest_attribute())
    assert not accepted(forge.message(forge.info(attributes, signed=tlv(0xA0, *attributes))))
    assert not accepted(forge.message(forge.info(attributes, signed=b"".join(attributes))))
    assert not accepted(forge.message(forge.info(attributes, signed=ORIGINAL)))


def test_attributes_in_ber_are_signed_in_der(forge: Forge) -> None:
    """The same attributes with an indefinite length, in another order: signed is what DER would have."""
    attributes = (digest_attribute(), data_attribute())
    in_order = tlv(0x31, *sorted(attributes))
    cms = forge.message(forge.info(attributes, signed=in_order))
    good(cms)
    definite = tlv(0xA0, *attributes)
    assert cms.count(definite) == 1
    loose = cms.replace(definite, b"\xa0\x80" + b"".join(attributes) + b"\x00\x00")
    with pytest.raises(MalformedError):
        read_foreign_cms(loose)  # two bytes more than the lengths around it say
    outer = whole(cms).parts
    inside = loose[loose.index(outer[1].parts[0].parts[0].raw, 10) :]
    good(b"\x30\x80" + SIGNED + b"\xa0\x80\x30\x80" + indefinite(inside) + b"\x00\x00" * 3)


def indefinite(signed_data: bytes) -> bytes:
    """The content of a SignedData whose last set and whose last signer now have lengths that are not said."""
    at = 0
    for _ in range(4):
        at = end_of(signed_data, at)
    head, infos = signed_data[:at], signed_data[at:]
    for _ in range(2):
        infos = infos[header_of(infos) :]
    return head + b"\x31\x80\x30\x80" + infos + b"\x00\x00" * 2


def header_of(data: bytes) -> int:
    return 2 + (data[1] & 0x7F if data[1] >= 0x80 else 0)


def end_of(data: bytes, at: int) -> int:
    start = at + header_of(data[at:])
    size = data[at + 1] if data[at + 1] < 0x80 else int.from_bytes(data[at + 2 : start], "big")
    return start + size


def test_digest_and_signature_that_do_not_belong_together(forge: Forge) -> None:
    for how in ({"digest": SHA512, "algorithm": SHA256_RSA}, {"digest": oid("1.2.156.10197.1.401")}):
        attributes = (data_attribute(), digest_attribute(name="sha512"))
        facts = read_foreign_cms(forge.message(forge.info(attributes, **how)))
        with pytest.raises(UnsupportedAlgorithmError):
            facts.signers[0].verify_signature(ORIGINAL)
        assert not accepted(forge.message(forge.info(**how)))
    # The digest is not SHA-1 only because the signature says another one, nor the other way round.
    for how in ({"digest": SHA1, "algorithm": SHA256_RSA}, {"algorithm": oid("1.2.840.113549.1.1.5")}):
        (one,) = read_foreign_cms(forge.message(forge.info(**how))).signers
        assert one.outdated
        assert not accepted(forge.message(forge.info(**how)))


def test_a_key_of_another_kind(forge: Forge) -> None:
    for algorithm in (oid("1.2.840.10045.4.3.2"),):
        (one,) = read_foreign_cms(forge.message(forge.info(algorithm=algorithm, parameters=b""))).signers
        with pytest.raises(BadSignatureError):
            one.verify_signature(ORIGINAL)
    assert not accepted(forge.message(forge.info(by=forge.other)))


def test_another_certificate_of_the_same_name(forge: Forge) -> None:
    """Two certificates that the signer could mean, and one that the signed attributes do not mean."""
    changed = forge.leaf[:-1] + bytes([forge.leaf[-1] ^ 1])
    with pytest.raises(MalformedError, match="two certificates"):
        read_foreign_cms(forge.message(forge.info(), certificates=(forge.leaf, changed)))
    good(forge.message(forge.info(), certificates=(forge.leaf, forge.leaf)))
    attributes = (data_attribute(), digest_attribute(), named_attribute(forge.leaf))
    facts = read_foreign_cms(forge.message(forge.info(attributes), certificates=(changed,)))
    assert facts.signers[0].names_certificate() is False
    tbs = whole(forge.leaf).parts[0].parts
    for serial, named in ((tbs[1].raw, True), (b"\x02\x01\x09", False)):
        issuer = sequence(sequence(tlv(0xA4, tbs[3].raw)), serial)
        attributes = (data_attribute(), digest_attribute(), named_attribute(forge.leaf, issuer))
        (one,) = read_foreign_cms(forge.message(forge.info(attributes))).signers
        assert one.names_certificate() is named


def test_two_certificates_of_one_key_identifier(openssl: Openssl) -> None:
    openssl.run(
        "req", "-x509", "-key", "rsa.key", "-config", "req.cnf", "-extensions", "leaf", "-days", "2", "-subj",
        "/CN=test again", "-out", "again.pem",
    )  # fmt: skip
    good(openssl.sign("-certfile", "again.pem"))
    with pytest.raises(MalformedError, match="key identifier"):
        read_foreign_cms(openssl.sign("-keyid", "-certfile", "again.pem"))


def test_a_certificate_that_we_cannot_read(forge: Forge) -> None:
    tbs = whole(forge.leaf).parts[0].parts
    strange = sequence(sequence(tlv(0xA0, b"\x02\x01\x02"), tbs[1].raw, sequence(), tbs[3].raw))
    (one,) = read_foreign_cms(forge.message(forge.info(), certificates=(strange,))).signers
    with pytest.raises(MalformedCertificateError):
        one.verify_signature(ORIGINAL)
    aside = tlv(0xA1, b"an attribute certificate")
    assert good(forge.message(forge.info(), certificates=(aside, forge.leaf))).certificates == (forge.leaf,)


def test_timestamps_are_handed_on(forge: Forge) -> None:
    tokens = (sequence(tlv(0x0C, b"one")), sequence(tlv(0x0C, b"two")))
    unsigned = tlv(0xA1, *(attribute(SIGNATURE_TIMESTAMP, token) for token in tokens))
    (one,) = good(forge.message(forge.info(unsigned=unsigned))).signers
    assert (one.timestamps, one.has_unsigned_attributes) == (tokens, True)
    assert good(forge.message(forge.info())).signers[0].timestamps == ()
    with pytest.raises(MalformedError):
        read_foreign_cms(forge.message(forge.info(unsigned=tlv(0xA1, attribute(SIGNATURE_TIMESTAMP)))))


def test_every_changed_byte_that_is_signed_is_noticed(openssl: Openssl) -> None:
    cms = openssl.sign("-nodetach", who=("p256",))
    (one,) = good(cms).signers
    assert one.signed_attributes is not None
    for part in (ORIGINAL, one.signed_attributes[2:], one.signature):
        start = cms.index(part)
        for place in range(start, start + len(part), 1 if len(part) < 400 else 17):
            assert not accepted(cms[:place] + bytes([cms[place] ^ 1]) + cms[place + 1 :]), place


# Bytes that are wrong on purpose.


def test_too_much(forge: Forge) -> None:
    with pytest.raises(TooLargeError):
        read_foreign_cms(bytes(20 * 1024 * 1024 + 1))
    many = (data_attribute(), digest_attribute(), *[attribute(oid("1.2.3"), NULL)] * 31)
    for infos in ([forge.info()] * 9, [forge.info(many)]):
        with pytest.raises(TooLargeError):
            read_foreign_cms(forge.message(*infos))
    entries = [sequence(tlv(0x04, bytes(32)))] * 33
    attributes = (data_attribute(), digest_attribute(), attribute(SIGNING_CERTIFICATE_V2, sequence(sequence(*entries))))
    with pytest.raises(TooLargeError):
        read_foreign_cms(forge.message(forge.info(attributes)))
    for bomb in (b"\x30\x80" * 100_000, b"\x30\x80" + b"\x04\x00" * 1_000_000):
        with pytest.raises(MalformedError):
            read_foreign_cms(bomb)


def originals(openssl: Openssl) -> Iterator[bytes]:
    yield openssl.sign("-nodetach")
    yield openssl.sign("-stream", "-nodetach")
    yield openssl.sign("-cades", who=("rsa", "p256"))
    yield openssl.sign("-keyid", "-noattr", who=("p384",), form="PEM")


@settings(max_examples=1000, deadline=None)
@given(choice=st.data())
def test_hostile_bytes_give_facts_or_our_errors(openssl: Openssl, choice: st.DataObject) -> None:
    data = choice.draw(damaged(list(originals(openssl))) | st.binary(max_size=200))
    try:
        facts = read_foreign_cms(data)
    except EsignError:
        return
    facts.coverage(ORIGINAL)
    for one in facts.signers:
        assert one.algorithm_title
        assert one.outdated in (True, False)
        for ask in (one.names_certificate, one.verify_signature, one.digest_matches):
            with suppress(EsignError, KeysError):
                ask()
