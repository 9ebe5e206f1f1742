"""What is fuzzed: for each reader the good files to begin with, the damage, and what must hold of whatever comes out.

A check returns what happened in one word: an error code, or `read`. It raises `UnexpectedError` when a rule is broken;
any other exception than the reader's own is one, too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from random import Random

from declared import declared_pki
from fuzz_corpus import AT, NONCE, ORIGINAL, SECRET, Corpus, office
from fuzz_der import byte_damage, mutated
from fuzz_json import canonical, indented, mutated_code, mutated_json
from fuzz_ofd import contents, mutated_ofd
from fuzz_pdf import mutated_pdf

import esign
import keys
from esign import EsignError, MalformedError
from keys import Certificate, KeysError
from verify import REASONS, Report, TrustStore, Verifier

Mutate = Callable[[Random, bytes, Sequence[bytes]], bytes]
Check = Callable[[bytes, "World"], str]


class UnexpectedError(Exception):
    """A rule is broken; the message says which."""


class World:
    """Whom the verifier of the soak trusts, and which files may pass."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        certificates: list[Certificate] = []
        lists, self.issuers = [], []
        for family in ("sm2", "rsa"):
            pki = declared_pki(family)
            certificates += [pki.certificate(name) for name in ("root", "issuing-ca", "issuing-ca-renewed", "code")]
            lists += [pki.crl("root", AT), pki.crl("issuing-ca", AT)]
            self.issuers += [pki.certificate(name) for name in ("root", "issuing-ca", "ocsp", "seal")]
        here = office()
        trust = TrustStore.from_certificates(certificates, lists=lists)
        self.verifier = Verifier(trust, here.Store(here.ISSUED))
        self.holder = here.HOLDER
        self.genuine = frozenset(hashlib.sha256(item).digest() for items in corpus.values() for item in items)
        self.structured = dict(zip(corpus["cms"][::2], corpus["structured"], strict=True))
        self.packed = [contents(item) for kind in ("ofd", "foreign-ofd") for item in corpus[kind]]

    def report(self, data: bytes, *, signature: bytes | None = None, original: bytes | None = None) -> Report:
        """The verdict on a file, with the holder of the sample licences."""
        report = self.verifier.verify_file(data, signature=signature, original=original, holder=self.holder, at=AT)
        if report.reason.code not in REASONS:
            raise UnexpectedError(f"a reason that nobody knows: {report.reason.code}")
        return report

    def judge(self, data: bytes) -> str:
        """The verdict on a changed file, which must not pass."""
        report = self.report(data)
        if report and hashlib.sha256(data).digest() not in self.genuine:
            raise UnexpectedError("a changed file passed")
        return report.reason.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One reader."""

    name: str
    kinds: tuple[str, ...]
    """Of the corpus: the first is damaged, all of them lend parts."""
    mutate: Mutate
    check: Check
    executions: int
    """In the long run."""
    readings: int = 1
    """How often the check reads the file: each reading has the time of one."""
    own: bool = True
    """Whether the reader is ours throughout; the others are built on qpdf."""


def execution(target: Target, corpus: Corpus, number: int) -> bytes:
    """The bytes of execution `number`: the same for the same corpus, whatever ran before."""
    chance = Random(f"{target.name}/{number}")  # noqa: S311 - repeatable damage, not a secret
    seeds = corpus[target.kinds[0]]
    parts = tuple(item for kind in target.kinds for item in corpus[kind])
    return target.mutate(chance, chance.choice(seeds), parts)


def run(target: Target, world: World, data: bytes) -> str:
    """What happened, in one word; errors of our own packages by their name or code."""
    try:
        return target.check(data, world)
    except MalformedError as error:
        return error.code
    except (EsignError, KeysError) as error:
        return type(error).__name__


def _ask(*questions: Callable[[], object]) -> None:
    """Facts may answer with our errors, too, each by itself."""
    for question in questions:
        with suppress(EsignError, KeysError):
            question()


def _certificate(data: bytes, world: World) -> str:
    world.judge(data)
    try:
        certificate = keys.parse_certificate(data)
    except KeysError:
        certificate, *_ = keys.load_certificates(data)
    _ask_certificate(certificate, world)
    return "read"


def _ask_certificate(certificate: Certificate, world: World) -> None:
    trust = TrustStore.from_certificates((*world.issuers, certificate))
    trust.chain(certificate, (certificate,), AT)
    repr(certificate), certificate.is_development, certificate.self_issued, certificate.fingerprint("sm3")
    _ask(*(partial(certificate.verify_issued_by, issuer) for issuer in (*world.issuers, certificate)))


def _crl(data: bytes, world: World) -> str:
    found = keys.read_crl(data)
    _ask(*(partial(found.verify_issued_by, issuer) for issuer in world.issuers))
    for issuer in world.issuers:
        found.covers(issuer)
    return "read"


def _ocsp_response(data: bytes, world: World) -> str:
    found = keys.read_ocsp_response(data)
    _ask(*(partial(found.verify_by, one) for one in (*world.issuers, *found.certificates)))
    for answer in found.answers:
        answer.is_about(world.issuers[3], world.issuers[1])
    return "read"


def _ocsp_request(data: bytes, world: World) -> str:
    for question in keys.read_ocsp_request(data).questions:
        question.is_about(world.issuers[3], world.issuers[1])
    return "read"


def _timestamp(data: bytes, world: World) -> str:
    world.judge(data)
    token = esign.read_timestamp(data)
    _ask(token.verify_signature)
    token.is_over(ORIGINAL)
    repr(token)
    return "read"


def _timestamp_response(data: bytes, world: World) -> str:
    for name in ("sm3", "sha256"):
        _ask(
            partial(
                esign.token_from_response,
                data,
                digest=keys.hash_bytes(name, ORIGINAL),
                digest_name=name,
                nonce=NONCE,
            )
        )
    esign.token_from_response(data, digest=keys.hash_bytes("sm3", ORIGINAL), digest_name="sm3", nonce=NONCE)
    return "read"


def _cms(data: bytes, world: World) -> str:
    world.judge(data)
    for structured in world.structured.values():
        if world.report(structured, signature=data) and hashlib.sha256(data).digest() not in world.genuine:
            raise UnexpectedError("a licence passed with a changed signature")
    found = esign.read_signed_data(data)
    _ask(found.verify_signature)
    found.digest_matches(ORIGINAL)
    return "read"


def _p7s(data: bytes, world: World) -> str:
    # What is unsigned may be taken away: the same signature of a lower level is good, too. So the verdict is not asked
    # to be another one, only to come.
    for structured in world.structured.values():
        world.report(structured, signature=data)
    found = esign.read_detached(data)
    for signer in found.signers:
        _ask(signer.verify_signature, partial(signer.digest_matches, ORIGINAL))
        if signer.timestamp is not None:
            _ask(partial(esign.read_timestamp, signer.timestamp))
    return "read"


def _foreign_cms(data: bytes, world: World) -> str:
    world.report(data, original=ORIGINAL)
    found = esign.read_foreign_cms(data)
    _ask(partial(found.coverage, ORIGINAL))
    for signer in found.signers:
        _ask(
            partial(signer.verify_signature, found.content or ORIGINAL),
            partial(signer.digest_matches, ORIGINAL),
            signer.names_certificate,
            signer.certificate,
        )
        signer.algorithm_title, signer.outdated, repr(signer)
    return "read"


def _seal(data: bytes, world: World) -> str:
    report = world.report(data)
    seal = esign.read_seal_object(data)
    _ask(
        *(partial(seal.require_usable, AT, issuer) for issuer in world.issuers[3::4]),
        seal.maker_certificate,
        seal.maker_chain,
        seal.verify_signature,
    )
    seal.digest, seal.picture.actual_type, seal.picture.declared_type, repr(seal)
    if seal.ses is not None:
        esign.seal_facts(seal.ses)
    return report.reason.code if report.reason.code.startswith("FORMAT") else "read"


def _seal_signature(data: bytes, world: World) -> str:
    world.report(data, original=ORIGINAL)
    signature = esign.read_ses_signature(data)
    esign.signature_facts(signature, ORIGINAL)
    repr(signature)
    return "read"


def _manifest(data: bytes, world: World) -> str:
    world.judge(data)
    return _seal(data, world)


def _passphrases(data: bytes, read: Callable[[bytes], object]) -> str:
    _ask(partial(read, b"wrong"), partial(read, b""), partial(read, b"\xff\xfe"))
    repr(read(SECRET))
    return "read"


def _pkcs8(data: bytes, world: World) -> str:
    _ask(partial(keys.read_private_key, data), partial(keys.load_private_key, data))
    return _passphrases(data, lambda secret: keys.read_private_key(data, passphrase=lambda: secret))


def _pkcs12(data: bytes, world: World) -> str:
    return _passphrases(data, lambda secret: keys.read_pkcs12(data, secret))


def _request(data: bytes, world: World) -> str:
    repr(keys.parse_request(data))
    return "read"


def _reply(data: bytes, world: World) -> str:
    found = keys.read_reply(data)
    _ask(*(partial(keys.chain_for_key, found, one.public_key) for one in (*found[:2], *world.issuers)))
    return "read"


def _retirements(data: bytes, world: World) -> str:
    keys.write_retirements(keys.read_retirements(data))
    return "read"


def _pdf(data: bytes, world: World) -> str:
    code = world.judge(data)
    found = esign.read_sealed_pdf(data)
    for seal in found.seals:
        seal.digest_matches()
        _ask(seal.signed_data.verify_signature)
    for stamp in found.document_timestamps:
        _ask(partial(esign.read_timestamp, stamp.token))
    _ask(partial(esign.structured_from_bytes, found.structured))
    return code


def _ofd(data: bytes, world: World) -> str:
    """A package in another form of compression has the same files: what is signed are these."""
    report = world.report(data)
    if report and contents(data) not in world.packed:
        raise UnexpectedError("a changed OFD passed")
    found = esign.read_sealed_ofd(data)
    _ask(partial(esign.structured_from_bytes, found.structured))
    if not found.changed:
        _ask(partial(esign.read_ofd_face, found))
    return report.reason.code


def _foreign_ofd(data: bytes, world: World) -> str:
    report = world.report(data)
    if report and not any(shown(genuine).items() <= shown(contents(data)).items() for genuine in world.packed):
        raise UnexpectedError("a changed OFD passed")
    repr(esign.read_foreign_ofd(data))
    return report.reason.code if report.reason.code.startswith("SIGNED") else "read"


def shown(files: dict[str, bytes]) -> dict[str, bytes]:
    """What of a package made by others is seen on its pages: nobody has to sign the rest, or what nothing names.

    Products tell letters from capitals in paths as they like, and one stroke from the other.
    """
    rest = re.compile("/(signs|attachs)/|^ofd.xml$")
    plain = {name.casefold().replace("\\", "/"): content for name, content in files.items()}
    return {name: content for name, content in plain.items() if not rest.search(name)}


def _ofd_preview(data: bytes, world: World) -> str:
    for form in ("png", "pdf"):
        esign.ofd_preview(data, form=form, fonts=())
    return "read"


def _structured(data: bytes, world: World) -> str:
    for signature in world.structured:
        if world.report(data, signature=signature) and hashlib.sha256(data).digest() not in world.genuine:
            raise UnexpectedError("a changed licence passed")
    licence = esign.structured_from_bytes(data)
    licence.elements(), licence.version
    esign.structured_to_bytes(licence)
    return "read"


def _status_list(data: bytes, world: World) -> str:
    code = world.judge(data)
    if code == "STATUS_LIST_GENUINE" and hashlib.sha256(data).digest() not in world.genuine:
        raise UnexpectedError("a changed status list passed")
    found = esign.read_signed_status_list(data)
    if esign.status_list_from_bytes(esign.status_list_to_bytes(found.listed)) != found.listed:
        raise UnexpectedError("a status list is read otherwise when it is written again")
    return code


def _mutated_list(chance: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    """The list changed under its old signature, now and then the signature or the lines themselves."""
    text, end, signature = data.partition(b"\n")
    if chance.random() >= 0.2:
        # What is deeper than this program can write is not tried here.
        with suppress(RecursionError):
            return _json(chance, text, [one.partition(b"\n")[0] for one in corpus]) + end + signature
    return byte_damage(chance, data)


def _code(data: bytes, world: World) -> str:
    world.report(data)
    text = data.decode("utf-8", "replace")
    report = world.verifier.verify_code(text, holder=world.holder, at=AT)
    if report and esign.extract_code(text) not in _codes(world):
        raise UnexpectedError("a changed code passed")
    found = esign.read_code(text)
    _ask(*(partial(found.verify, issuer.public_key) for issuer in world.issuers))
    return "read"


def _codes(world: World) -> Iterable[str]:
    return {esign.extract_code(item.decode()) for item in world.corpus["code"]}


def _foreign_pdf(data: bytes, world: World) -> str:
    world.report(data)
    repr(esign.read_foreign_pdf(data))
    return "read"


def _preflight(data: bytes, world: World) -> str:
    esign.preflight(data)
    return "read"


_json = partial(mutated_json, form=canonical)


def _target(
    name: str, executions: int, check: Check, *kinds: str, mutate: Mutate = mutated, readings: int = 1, own: bool = True
) -> Target:
    return Target(name=name, kinds=kinds, mutate=mutate, check=check, executions=executions, readings=readings, own=own)


@cache
def targets() -> dict[str, Target]:
    """All of them by name; together 1,060,000 executions of our own readers, 50,000 of the foreign one."""
    rows = (
        _target("certificate", 80_000, _certificate, "certificate"),
        _target("crl", 80_000, _crl, "crl", "certificate"),
        _target("ocsp-response", 80_000, _ocsp_response, "ocsp-response", "crl"),
        _target("ocsp-request", 20_000, _ocsp_request, "ocsp-request"),
        _target("timestamp", 80_000, _timestamp, "timestamp", "cms"),
        _target("timestamp-response", 40_000, _timestamp_response, "timestamp-response"),
        _target("cms", 80_000, _cms, "cms", "timestamp"),
        _target("p7s", 40_000, _p7s, "p7s", "timestamp"),
        _target("foreign-cms", 90_000, _foreign_cms, "foreign-cms", "cms"),
        _target("seal", 70_000, _seal, "seal", "certificate"),
        _target("seal-signature", 70_000, _seal_signature, "seal-signature", "seal"),
        _target("manifest", 20_000, _manifest, "manifest", mutate=_json),
        _target("pkcs8", 30_000, _pkcs8, "pkcs8", readings=4),
        _target("pkcs12", 30_000, _pkcs12, "pkcs12", "pkcs8", readings=4),
        _target("request", 30_000, _request, "request", "certificate"),
        _target("reply", 20_000, _reply, "reply", "cms"),
        _target("retirements", 20_000, _retirements, "retirements", mutate=partial(mutated_json, form=indented)),
        _target("pdf", 50_000, _pdf, "pdf", mutate=mutated_pdf),
        _target("ofd", 30_000, _ofd, "ofd", "foreign-ofd", mutate=mutated_ofd),
        _target("foreign-ofd", 30_000, _foreign_ofd, "foreign-ofd", "ofd", mutate=mutated_ofd),
        _target("structured", 30_000, _structured, "structured", mutate=_json),
        _target("status-list", 20_000, _status_list, "status-list", mutate=_mutated_list),
        _target("code", 20_000, _code, "code", mutate=mutated_code),
        _target("foreign-pdf", 50_000, _foreign_pdf, "foreign-pdf", mutate=mutated_pdf, own=False),
        _target("preflight", 10_000, _preflight, "foreign-pdf", mutate=mutated_pdf, own=False),
        _target("ofd-preview", 10_000, _ofd_preview, "ofd", "foreign-ofd", mutate=mutated_ofd, readings=2, own=False),
    )
    return {row.name: row for row in rows}
