"""What the soak begins with: good files of every kind, some that are wrong on purpose, all of the declared PKI.

Only signature values of SM2 and ECDSA differ from one making to the next; a long run therefore keeps its corpus.
"""

from __future__ import annotations

import importlib.util
import io
import sys
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import ofd_variants
import timestamping
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import load_der_x509_certificate
from declared import FAMILIES, DeclaredPki, declared_pki, policy

import esign
import keys
from keys import der
from keys.pem import unwrapped, wrapped

FIXTURES = Path(__file__).parents[2] / "fixtures"
AT = datetime(2026, 11, 21, 10, 30, tzinfo=timezone(timedelta(hours=8)))
UNTIL = AT + timedelta(days=1000)
ORIGINAL = "被签名的原文".encode()
SECRET = b"secret"
NONCE = 77

Corpus = dict[str, tuple[bytes, ...]]


@cache
def office() -> ModuleType:
    """The authority of the verifier's tests, with its licences."""
    spec = importlib.util.spec_from_file_location("soak_office", Path(__file__).parents[1] / "verify" / "office.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Stamper:
    """A timestamp authority of the declared PKI that needs no network."""

    def __init__(self, family: str) -> None:
        self.signer = declared_pki(family).signer("tsa")

    def timestamp(self, digest: bytes, digest_name: str) -> bytes:
        imprint = timestamping.imprint(digest, self.signer.algorithm)
        return timestamping.make_token(self.signer, imprint_der=imprint, at=AT, policy=policy())


def make_corpus() -> Corpus:
    """Everything, by kind."""
    corpus: dict[str, list[bytes]] = {}
    for family in FAMILIES:
        for kind, items in _of_family(family).items():
            corpus.setdefault(kind, []).extend(items)
    vectors = FIXTURES / "vectors" / "ses"
    corpus["seal"] += [
        (vectors / name).read_bytes() for name in ("seal_v1.esl", "seal_v4.esl", "seal_v4_certdigest.esl")
    ]
    corpus["seal-signature"] += [path.read_bytes() for path in sorted(vectors.glob("*.dat"))]
    corpus["foreign-cms"] += [path.read_bytes() for path in sorted(vectors.glob("*.p7"))]
    corpus["certificate"].append((vectors / "cert.der").read_bytes())
    corpus["retirements"] = [_retirements()]
    corpus["foreign-pdf"] += _foreign_pdfs()
    corpus["foreign-ofd"] = [(vectors / "example_signed.ofd").read_bytes(), *_foreign_ofds()]
    return {kind: tuple(items) for kind, items in corpus.items()}


def evidence_of(family: str, *, stamped: bool) -> esign.Evidence:
    """What the authorities say about the certificates of a seal, and of a timestamp when there is one."""
    pki = declared_pki(family)
    stampers = (pki.certificate("tsa"),) if stamped else ()
    return esign.Evidence(
        certificates=tuple(one.der for one in (*pki.chain("seal"), pki.root, *stampers)),
        crls=(pki.crl("root", AT).der, pki.crl("issuing-ca", AT).der),
        ocsps=(_ocsp(pki, "seal"),),
    )


def _of_family(family: str) -> dict[str, list[bytes]]:
    pki, here, stamper = declared_pki(family), office(), Stamper(family)
    seal, person = pki.signer("seal"), pki.signer("person")
    structured, p7s = here.seal_structured(seal)
    stamped = esign.timestamp_detached(p7s, stamper)
    two = esign.add_signer(p7s, structured, pki.signer("water-seal"))
    pdf = here.seal_pdf(seal)
    evidence = evidence_of(family, stamped=True)
    untimed = esign.add_evidence(pdf, evidence_of(family, stamped=False))
    archived = esign.add_document_timestamp(
        esign.add_evidence(_timestamped(seal, structured, stamper), evidence), stamper
    )
    token = stamper.timestamp(keys.hash_bytes(seal.algorithm.digest, ORIGINAL), seal.algorithm.digest)
    foreign = [esign.sign_detached(ORIGINAL, person), esign.sign_detached(ORIGINAL, person, signing_time=AT), token]
    if family == "sm2":
        digest = keys.hash_bytes("sm3", ORIGINAL)
        foreign += [esign.sign_gm_attached(ORIGINAL, person), esign.sign_gm_detached(ORIGINAL, person, signing_time=AT)]
        foreign += [esign.sign_gm_digest(digest, person)]
    ours = _seal_object(pki)
    sealed = [_ses_signature(pki, ours, stamper)] if family == "sm2" else []
    return {
        "certificate": [pki.certificate(name).der for name in pki.names],
        "crl": [pki.crl(name, AT).der for name in pki.names if pki.issued_by(name)],
        "ocsp-response": [_ocsp(pki, name) for name in ("seal", "seal-compromised", "code")],
        "ocsp-request": [keys.ocsp_request(*pki.chain("seal"), nonce=nonce) for nonce in (None, bytes(range(16)))],
        "timestamp": [token],
        "timestamp-response": [_granted(pki), timestamping.rejected("badAlg")],
        "cms": [p7s, esign.sign_detached(structured, seal, signing_time=AT)],
        "p7s": [p7s, stamped, two, esign.add_detached_evidence(stamped, evidence)],
        "foreign-cms": [*foreign, stamped, esign.add_detached_evidence(two, evidence)],
        "seal": [ours] if family == "sm2" else [],
        "manifest": [ours] if family != "sm2" else [],
        "seal-signature": sealed,
        "pkcs8": _private_keys(pki),
        "pkcs12": _key_stores(pki),
        "request": _requests(pki),
        "reply": _replies(pki, p7s),
        "pdf": [pdf, untimed, archived],
        "structured": [structured],
        "status-list": [esign.signed_status_list(_status_list(), pki.signer("code"))],
        "code": [b"http://127.0.0.1:8000/V/" + here.write_code(pki.signer("code")).encode()],
        "foreign-pdf": [pdf, archived],
        "ofd": [
            _sealed_ofd(pki, ours, structured, p7s, stamper=None),
            _sealed_ofd(pki, ours, structured, p7s, stamper=stamper),
        ]
        if family == "sm2"
        else [],
    }


def _status_list() -> esign.StatusList:
    obligation = esign.ListedObligation(key="nextInspection", due=AT.date(), effect="not_usable")
    return esign.StatusList(
        issuer_code=office().CODE,
        number=1,
        issued_at=AT,
        time_to_live=timedelta(hours=26),
        places=bytes([0, 1, 2, 3, 12, 13, 14, 15]) * 16,
        extended={5: AT.date(), 77: AT.date()},
        disputed=frozenset({3, 4}),
        obligations={7: (obligation,)},
    )


def _timestamped(seal: keys.Signer, structured: bytes, stamper: Stamper) -> bytes:
    """The PDF of the verifier's tests at level B-T."""
    page = esign.Page(
        width=210,
        height=297,
        items=office().face_of(structured),
        background=esign.Background(shapes=()),
        seals=(esign.SealPlace(field="Seal1", x=105, y=200),),
    )
    content = esign.PdfContent(title="样例", pages=(page,), elements=(), structured=structured)
    square = esign.Shape(commands=esign.rectangle(1, 1, 40, 40), stroke=(1, 0, 0))
    picture = esign.SealPicture(width=42.0, height=42.0, shapes=(square,))
    here = office()
    sealer = esign.PdfSealer(
        here.fonts(), esign.Seal(name=here.NAME, picture=picture, signer=seal), timestamper=stamper
    )
    return sealer.seal(content, at=AT).data


def _sealed_ofd(pki: DeclaredPki, seal: bytes, structured: bytes, p7s: bytes, *, stamper: Stamper | None) -> bytes:
    page = esign.Page(
        width=210,
        height=297,
        items=office().face_of(structured),
        background=esign.Background(
            shapes=(esign.Shape(commands=esign.rectangle(10, 10, 190, 277), stroke=(0, 0, 0)),)
        ),
        seals=(esign.SealPlace(field="Seal1", x=105, y=200),),
    )
    content = esign.OfdContent(title="样例", pages=(page,), elements=(), structured=structured, signature=p7s)
    draft = esign.OfdWriter(office().fonts()).write(content, at=AT)
    waiting = esign.prepare_ofd_seal(
        draft.files,
        place=0,
        seal=esign.read_seal_object(seal),
        certificate=pki.certificate("seal"),
        stamp=draft.stamps["Seal1"],
        last=True,
        at=AT,
    )
    return waiting.finish(pki.signer("seal").sign(waiting.to_sign), stamper).data


def _foreign_ofds() -> list[bytes]:
    """As other products write them: with a seal, with a message, with a seal of the older form, in part."""
    pki = declared_pki("sm2")
    product = ofd_variants.Product(maker=pki.signer("seal-maker"), signer=pki.signer("seal"))
    ways = (
        ofd_variants.Way(),
        ofd_variants.Way(how="detached", type="Sign", seal_file=None),
        ofd_variants.Way(version=1, method=None, digest="md5"),
        ofd_variants.Way(leave_out=lambda path: "Tpls" in path),
    )
    files = ofd_variants.ordinary(pages=2, annotated=True, attached={"x.xml": b"<x/>"})
    made = [product.sign(files, way) for way in ways]
    return [ofd_variants.packed(each) for each in (*made, product.sign(made[0], ways[1], place=1))]


def _ocsp(pki: DeclaredPki, name: str) -> bytes:
    revocation = pki.revocation(name)
    answer = keys.OcspAnswer(
        certificate_id=keys.CertificateId.of(*pki.chain(name)[:2]),
        status="revoked" if revocation else "good",
        revocation=revocation,
        this_update=AT,
        next_update=AT + timedelta(days=1),
    )
    return keys.make_ocsp_response([answer], responder=pki.signer("ocsp"), produced_at=AT, nonce=bytes(16)).der


def _granted(pki: DeclaredPki) -> bytes:
    signer = pki.signer("tsa")
    digest = keys.hash_bytes(signer.algorithm.digest, ORIGINAL)
    imprint = timestamping.imprint(digest, signer.algorithm)
    return timestamping.granted(
        timestamping.make_token(signer, imprint_der=imprint, at=AT, policy=policy(), nonce=NONCE)
    )


def _seal_object(pki: DeclaredPki) -> bytes:
    picture = (FIXTURES / "vectors" / "ses" / "picture.png").read_bytes()
    return esign.make_seal_object(
        identifier="99010000000001",
        vendor="ELIC",
        name="样例县行政审批局",
        kind=esign.ORGANISATION,
        picture=esign.SesPicture(type="PNG", data=picture, width=42, height=42),
        permitted=[pki.certificate("seal")],
        valid_from=AT,
        valid_to=UNTIL,
        maker=pki.signer("seal-maker"),
        at=AT,
    )


def _ses_signature(pki: DeclaredPki, seal: bytes, stamper: Stamper) -> bytes:
    made = esign.make_ses_signature(seal, ORIGINAL, signer=pki.signer("seal"), property_info="/Doc_0", at=AT)
    digest = keys.hash_bytes("sm3", esign.read_ses_signature(made).signature)
    return esign.add_time_stamp(made, stamper.timestamp(digest, "sm3"))


def _private_keys(pki: DeclaredPki) -> list[bytes]:
    """Plain and encrypted ones. Few rounds: the passphrase is not what is tested."""
    pem = pki.key("person").pkcs8()
    content = bytes(unwrapped(pem))
    return [pem, content, _encrypted(content), wrapped(_encrypted(content), "ENCRYPTED PRIVATE KEY")]


def _encrypted(content: bytes) -> bytes:
    """EncryptedPrivateKeyInfo as GmSSL writes it, with ten rounds."""
    key, padding = PBKDF2HMAC(hashes.SM3(), 16, b"saltsalt", 10).derive(SECRET), 16 - len(content) % 16
    cipher = Cipher(SM4(key), modes.CBC(bytes(16))).encryptor()
    encrypted = cipher.update(content + bytes((padding,)) * padding) + cipher.finalize()
    prf = der.sequence(der.oid("1.2.156.10197.1.401.2"), der.null())
    costs = der.sequence(der.octet_string(b"saltsalt"), der.integer(10), der.integer(16), prf)
    derivation = der.sequence(der.oid("1.2.840.113549.1.5.12"), costs)
    scheme = der.sequence(der.oid("1.2.156.10197.1.104.2"), der.octet_string(bytes(16)))
    identifier = der.sequence(der.oid("1.2.840.113549.1.5.13"), der.sequence(derivation, scheme))
    return der.sequence(identifier, der.octet_string(encrypted))


def _key_stores(pki: DeclaredPki) -> list[bytes]:
    """PKCS#12 of an RSA key in two ciphers; the reader of SM2 ones is the same but for the key inside."""
    if pki.family != "rsa":
        return []
    key: Any = serialization.load_der_private_key(bytes(unwrapped(pki.key("person").pkcs8())), None)
    certificate, issuer = (load_der_x509_certificate(one.der) for one in pki.chain("person"))
    made = []
    for protection, mac in (
        (pkcs12.PBES.PBESv2SHA256AndAES256CBC, hashes.SHA256()),
        (pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC, hashes.SHA1()),  # noqa: S303 - as old programs write it
    ):
        builder = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(10)
        encryption = builder.key_cert_algorithm(protection).hmac_hash(mac).build(SECRET)
        made.append(pkcs12.serialize_key_and_certificates(b"n", key, certificate, [issuer], encryption))
    return made


def _requests(pki: DeclaredPki) -> list[bytes]:
    made = keys.make_request(keys.Subject(common_name="样例县行政审批局", organization="样例县"), pki.key("person"))
    return [made.der, made.pem()]


def _replies(pki: DeclaredPki, p7s: bytes) -> list[bytes]:
    chain = (*pki.chain("person"), pki.root)
    pem = b"".join(wrapped(one.der, "CERTIFICATE") for one in chain)
    return [p7s, wrapped(p7s, "PKCS7"), pem, chain[0].der]


def _retirements() -> bytes:
    reasons = (keys.RetirementReason.ORDERLY, keys.RetirementReason.COMPROMISE)
    return keys.write_retirements(
        keys.Retirement(certificate_digest=bytes([n]) * 32, reason=reason, since=AT, recorded_at=AT)
        for n, reason in enumerate(reasons)
    )


def _foreign_pdfs() -> list[bytes]:
    """Files of reportlab, qpdf and pyHanko: with tables and streams of places, forms, evidence, further revisions."""
    import pikepdf
    from asn1crypto.keys import PrivateKeyInfo
    from asn1crypto.x509 import Certificate
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko.sign.validation.dss import DocumentSecurityStore
    from pyhanko_certvalidator.registry import SimpleCertificateStore
    from reportlab.pdfgen import canvas

    pki = declared_pki("rsa")
    store = SimpleCertificateStore()
    store.register_multiple([Certificate.load(one.der) for one in (*pki.chain("person"), pki.root)])
    signer = signers.SimpleSigner(
        signing_cert=Certificate.load(pki.certificate("person").der),
        signing_key=PrivateKeyInfo.load(bytes(unwrapped(pki.key("person").pkcs8()))),
        cert_registry=store,
    )

    def sign(pdf: bytes, name: str, **more: Any) -> bytes:
        out = io.BytesIO()
        place = fields.SigFieldSpec(name, box=(10, 10, 110, 60), on_page=0)
        metadata = signers.PdfSignatureMetadata(field_name=name, reason="申报", name="申请人", **more)
        signers.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)), metadata, signer=signer, output=out, new_field_spec=place
        )
        return out.getvalue()

    out = io.BytesIO()
    paper = canvas.Canvas(out, pagesize=(595, 842), invariant=True)
    for number in (1, 2):
        paper.drawString(72, 700, f"page {number}")
        if number == 2:
            paper.acroForm.textfield(name="amount", x=72, y=600, value="100")
        paper.showPage()
    paper.save()
    plain = out.getvalue()
    packed = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain)) as opened:
        opened.save(packed, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    first = sign(plain, "First", certify=True, docmdp_permissions=fields.MDPPerm.FILL_FORMS)
    evidence = io.BytesIO(first)
    DocumentSecurityStore.supply_dss_in_writer(
        writer := IncrementalPdfFileWriter(evidence), None, certs=[signer.signing_cert]
    )
    writer.write_in_place()
    return [plain, packed.getvalue(), first, sign(packed.getvalue(), "First"), sign(evidence.getvalue(), "Second")]
