"""Attacks on the signature of a PDF: its range, its hole, its message, its certificate, its timestamp."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache

import timestamping
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from declared import declared_pki, policy
from verify_test_attack_files import (
    AT,
    FAMILIES,
    FIRST_FREE,
    Signing,
    approved,
    by,
    hole_of,
    pki_of,
    plain,
    ranged,
    signed,
    signer,
    stream,
)
from verify_test_attack_files_growth import BROKEN, CHANGED, Attack

import keys
from keys import der
from keys.curve import GENERATOR, A, B

DATA, SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
CONTENT_TYPE, MESSAGE_DIGEST, TOKEN = (
    "1.2.840.113549.1.9.3",
    "1.2.840.113549.1.9.4",
    "1.2.840.113549.1.9.16.2.14",
)


# Forged from the beginning: what the signature says about itself.


def _contents(pdf: bytes, new: bytes) -> bytes:
    """Other text in place of the contents, as long as the old one."""
    start, end = hole_of(pdf)
    start, end = pdf.rindex(b"/Contents", 0, start), end + 1
    return pdf[:start] + new.ljust(end - start) + pdf[end:]


def forgeries(family: str) -> tuple[Attack, ...]:
    def forged(variant: str, new: bytes, reason: str = CHANGED) -> Attack:
        return Attack("forged", f"{variant} {family}", reason, lambda: _contents(approved(family), new))

    def of_range(variant: str, new: bytes, reason: str = "FORMAT_CMS") -> Attack:
        return Attack("forged", f"{variant} {family}", reason, lambda: ranged(approved(family), new))

    return (
        forged("no contents", b""),
        forged("contents null", b"/Contents null"),
        forged("contents empty", b"/Contents <>"),
        forged("contents of one zero", b"/Contents <00>"),
        forged("contents of zeros", b"/Contents <" + b"00" * 8192 + b">", "FORMAT_CMS"),
        forged("contents in parentheses", b"/Contents (x)"),
        forged("contents elsewhere", b"/Contents 60 0 R"),
        of_range("no range", b"", "SEAL_MISSING"),
        of_range("range null", b"/ByteRange null"),
        of_range("range empty", b"/ByteRange []"),
        of_range("range of zeros", b"/ByteRange [0 0 0 0]"),
        of_range("range negative", b"/ByteRange [0 -1 20 20]"),
        of_range("range with a negative end", b"/ByteRange [0 10 20 -5]"),
        of_range("range huge", b"/ByteRange [0 10 20 99999999999]"),
        of_range("range overlapping", b"/ByteRange [0 900 20 300]"),
        of_range("range of three pairs", b"/ByteRange [0 1 2 3 4 5]"),
        of_range("range of one pair", b"/ByteRange [0 100]"),
        of_range("range elsewhere", b"/ByteRange 60 0 R"),
        of_range("range of names", b"/ByteRange [/A /B /C /D]"),
        of_range("range that starts later", b"/ByteRange [1 10 20 20]"),
    )


# Wrapped: the signed bytes are somewhere else than what is shown.


def _moved_range() -> bytes:
    """What was behind the signature goes to the end of the file; something else takes its place."""
    pdf = approved()
    _, end = hole_of(pdf)
    behind = pdf[end + 1 :]
    shown = b"\n>>endobj\n" + b"%d 0 obj\n%s\nendobj\n" % (5, stream(b"BT /F 30 Tf 72 700 Td (pay 999) Tj ET"))
    moved = pdf[: end + 1] + shown + behind
    found = re.search(rb"/ByteRange \[0 (\d+) (\d+) (\d+)", pdf)
    assert found is not None
    start, resumed, rest = map(int, found.groups())
    return ranged(moved, b"/ByteRange [0 %d %d %d]" % (start, resumed + len(shown), rest))


def _widened(before: int, after: int) -> bytes:
    """A hole that is larger than the string in it."""
    pdf = approved()
    found = re.search(rb"/ByteRange \[0 (\d+) (\d+) (\d+)", pdf)
    assert found is not None
    start, resumed, rest = map(int, found.groups())
    return ranged(pdf, b"/ByteRange [0 %d %d %d]" % (start - before, resumed + after, rest - after))


def _in_hole(new: bytes) -> bytes:
    """The end of the room behind the message filled with something else."""
    pdf = approved()
    _, end = hole_of(pdf)
    return pdf[: end - len(new)] + new + pdf[end:]


def _two_contents() -> bytes:
    """The entry twice: readers disagree on which one counts."""
    pdf = approved()
    old = b"/Reason(approved)/Name(Signer)"
    return pdf.replace(old, b"/Contents<30030201ff>".ljust(len(old)))


WRAPPED = (
    Attack("wrapped", "second range moved", BROKEN, _moved_range),
    Attack("wrapped", "hole wider in front", CHANGED, lambda: _widened(9, 0)),
    Attack("wrapped", "hole wider behind", CHANGED, lambda: _widened(0, 9)),
    Attack("wrapped", "hole narrower", CHANGED, lambda: _widened(-2, 0)),
    Attack("wrapped", "contents twice", "DIGEST_MISMATCH", _two_contents),
    Attack("wrapped", "bytes behind the message", CHANGED, lambda: _in_hole(b"31337a")),
    Attack("wrapped", "an object in the room", CHANGED, lambda: _in_hole(b"> /Kids [3 0 R] <00")),
    Attack("wrapped", "blanks in the room", CHANGED, lambda: _in_hole(b" " * 40)),
    Attack("wrapped", "a comment in the room", CHANGED, lambda: _in_hole(b"%\n00")),
)


# Messages.


def attribute(name: str, *values: bytes) -> bytes:
    return der.sequence(der.oid(name), der.set_of(*values))


def signer_info(
    who: keys.Signer,
    attributes: bytes | None,
    signature: bytes,
    *,
    digest: bytes | None = None,
    unsigned: bytes = b"",
) -> bytes:
    certificate = who.certificate
    return der.sequence(
        der.integer(1),
        der.sequence(certificate.issuer_der, der.integer(certificate.serial)),
        digest or who.algorithm.digest_identifier,
        b"" if attributes is None else der.tlv(0xA0, der.DerReader(attributes).read(der.SET)),
        who.algorithm.signature_identifier,
        der.octet_string(signature),
        der.tlv(0xA1, unsigned) if unsigned else b"",
    )


def signed_data(
    who: keys.Signer, *infos: bytes, content: bytes | None = None, chain: tuple[bytes, ...] | None = None
) -> bytes:
    brought = chain if chain is not None else tuple(one.der for one in who.chain)
    inside = b"" if content is None else der.context(0, der.octet_string(content))
    return der.sequence(
        der.oid(SIGNED_DATA),
        der.context(
            0,
            der.sequence(
                der.integer(1),
                der.set_of(who.algorithm.digest_identifier),
                der.sequence(der.oid(DATA), inside),
                der.tlv(0xA0, *brought) if brought else b"",
                der.set_of(*infos),
            ),
        ),
    )


def attributes_over(who: keys.Signer, covered: bytes, *more: bytes, kind: str = DATA) -> bytes:
    digest = keys.hash_bytes(who.algorithm.digest, covered)
    return der.set_of(
        attribute(CONTENT_TYPE, der.oid(kind)), attribute(MESSAGE_DIGEST, der.octet_string(digest)), *more
    )


def message(who: keys.Signer, covered: bytes) -> bytes:
    attributes = attributes_over(who, covered)
    return signed_data(who, signer_info(who, attributes, who.sign(attributes)))


def _with(family: str, cms: object) -> bytes:
    return signed(plain(), Signing(lambda covered: cms(signer(family), covered)))  # type: ignore[operator]


def _content_inside(who: keys.Signer, covered: bytes) -> bytes:
    """The message carries another content of its own, and is good over that one."""
    attributes = attributes_over(who, b"something else")
    info = signer_info(who, attributes, who.sign(attributes))
    return signed_data(who, info, content=b"something else")


def _digest_inside(who: keys.Signer, covered: bytes) -> bytes:
    """As `adbe.pkcs7.sha1` did: the content is a digest of the file, here of another file."""
    inside = bytes(20)
    attributes = attributes_over(who, inside)
    return signed_data(who, signer_info(who, attributes, who.sign(attributes)), content=inside)


def _two_signers(who: keys.Signer, covered: bytes) -> bytes:
    """A good signer beside one whose signature is over something else."""
    good, bad = attributes_over(who, covered), attributes_over(who, b"something else")
    return signed_data(who, signer_info(who, good, who.sign(good)), signer_info(who, bad, who.sign(bad)))


def _no_attributes_over_attributes(who: keys.Signer, covered: bytes) -> bytes:
    """The attributes of a good signature taken for the content, without attributes: for another file."""
    attributes = attributes_over(who, b"something else")
    return signed_data(who, signer_info(who, None, who.sign(attributes)))


def _no_digest(who: keys.Signer, covered: bytes) -> bytes:
    attributes = der.set_of(attribute(CONTENT_TYPE, der.oid(DATA)))
    return signed_data(who, signer_info(who, attributes, who.sign(attributes)))


def _no_content_type(who: keys.Signer, covered: bytes) -> bytes:
    digest = keys.hash_bytes(who.algorithm.digest, covered)
    attributes = der.set_of(attribute(MESSAGE_DIGEST, der.octet_string(digest)))
    return signed_data(who, signer_info(who, attributes, who.sign(attributes)))


def _digest_twice(who: keys.Signer, covered: bytes) -> bytes:
    other = attribute(MESSAGE_DIGEST, der.octet_string(bytes(32)))
    attributes = attributes_over(who, covered, other)
    return signed_data(who, signer_info(who, attributes, who.sign(attributes)))


def _two_digests(who: keys.Signer, covered: bytes) -> bytes:
    digest = keys.hash_bytes(who.algorithm.digest, covered)
    attributes = der.set_of(
        attribute(CONTENT_TYPE, der.oid(DATA)),
        attribute(MESSAGE_DIGEST, der.octet_string(digest), der.octet_string(bytes(32))),
    )
    return signed_data(who, signer_info(who, attributes, who.sign(attributes)))


def _other_digest(who: keys.Signer, covered: bytes) -> bytes:
    """The digest is named as another one than the signature is over."""
    attributes = attributes_over(who, covered)
    other = der.sequence(der.oid("2.16.840.1.101.3.4.2.3"))
    return signed_data(who, signer_info(who, attributes, who.sign(attributes), digest=other))


def _other_type(who: keys.Signer, covered: bytes) -> bytes:
    attributes = attributes_over(who, covered, kind=SIGNED_DATA)
    return signed_data(who, signer_info(who, attributes, who.sign(attributes)))


def _changed_value(who: keys.Signer, covered: bytes) -> bytes:
    attributes = attributes_over(who, covered)
    value = bytearray(who.sign(attributes))
    value[-1] ^= 1
    return signed_data(who, signer_info(who, attributes, bytes(value)))


def _no_signer(who: keys.Signer, covered: bytes) -> bytes:
    return signed_data(who)


def _no_certificate(who: keys.Signer, covered: bytes) -> bytes:
    attributes = attributes_over(who, covered)
    return signed_data(who, signer_info(who, attributes, who.sign(attributes)), chain=())


def _of_another_file(who: keys.Signer, covered: bytes) -> bytes:
    return message(who, b"another file")


def _names_another(who: keys.Signer, covered: bytes) -> bytes:
    """The signed attributes name another certificate than the one that is brought."""
    hashed = der.octet_string(keys.hash_bytes("sha256", b"another certificate"))
    named = attribute("1.2.840.113549.1.9.16.2.47", der.sequence(der.sequence(der.sequence(hashed))))
    attributes = attributes_over(who, covered, named)
    return signed_data(who, signer_info(who, attributes, who.sign(attributes)))


def messages(family: str) -> tuple[Attack, ...]:
    def attack(variant: str, reason: str, make: object) -> Attack:
        return Attack("message", f"{variant} {family}", reason, lambda: _with(family, make))

    return (
        attack("content of its own", "DIGEST_MISMATCH", _content_inside),
        attack("digest of another file inside", "DIGEST_MISMATCH", _digest_inside),
        attack("a good and a bad signer", "DIGEST_MISMATCH", _two_signers),
        attack("attributes taken for the content", "SIGNATURE_INVALID", _no_attributes_over_attributes),
        attack("no digest among the attributes", "FORMAT_CMS", _no_digest),
        attack("no content type", "FORMAT_CMS", _no_content_type),
        attack("digest twice", "FORMAT_CMS", _digest_twice),
        attack("two digests in one attribute", "FORMAT_CMS", _two_digests),
        attack("another digest named", "DIGEST_MISMATCH", _other_digest),
        attack("another content type", "FORMAT_CMS", _other_type),
        attack("changed value", "SIGNATURE_INVALID", _changed_value),
        attack("no signer", "SEAL_MISSING", _no_signer),
        attack("no certificate", "CERTIFICATE_MISSING", _no_certificate),
        attack("message of another file", "DIGEST_MISMATCH", _of_another_file),
        attack("another certificate named", "SIGNATURE_INVALID", _names_another),
    )


def _other_identity() -> bytes:
    """SM2 over the right bytes for another user identity than the usual one."""
    who = signer("sm2")
    point = who.public_key.spki[-64:]
    identity = b"ALICE123@YAHOO.COM"
    curve = A.to_bytes(32, "big") + B.to_bytes(32, "big") + GENERATOR
    prefix = keys.hash_bytes("sm3", (8 * len(identity)).to_bytes(2, "big") + identity + curve + point)

    def cms(covered: bytes) -> bytes:
        attributes = attributes_over(who, covered)
        value = who.private_key.sign_digest(keys.hash_bytes("sm3", prefix + attributes))  # type: ignore[attr-defined]
        return signed_data(who, signer_info(who, attributes, value))

    return signed(plain(), Signing(cms))


# Certificates. Written with another library: ours makes no bad ones.


@cache
def _ca() -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    pki = declared_pki("rsa")
    key = serialization.load_pem_private_key(pki.key("issuing-ca").pkcs8(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return x509.load_der_x509_certificate(pki.certificate("issuing-ca").der), key


@cache
def _key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def certificate_of(
    *,
    bits: int = 2048,
    name: str = "李样例",
    issued: bool = True,
    issuer: str | None = None,
    purposes: tuple[x509.ObjectIdentifier, ...] = (),
    days: tuple[int, int] = (-9, 90),
    authority: bool = False,
    may_sign: bool = True,
) -> bytes:
    """A certificate for a key of this size: by the RSA family's CA, by itself, or by itself in the CA's name."""
    ca, ca_key = _ca()
    key = _key(bits)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    said = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]) if issuer else ca.subject
    builder = (
        x509.CertificateBuilder(
            subject_name=subject,
            issuer_name=said if issued else subject,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
        )
        .not_valid_before(AT + timedelta(days=days[0]))
        .not_valid_after(AT + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(may_sign, may_sign, not may_sign, False, False, authority, False, False, False),
            critical=True,
        )
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    real = issued and issuer is None
    made = builder.sign(ca_key if real else key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


def signed_by(certificate: bytes, *, bits: int = 2048, brought: tuple[bytes, ...] | None = None) -> bytes:
    """The document signed with the key of `_key(bits)`, by hand: our own signer refuses bad certificates."""
    from cryptography.hazmat.primitives.asymmetric import padding

    loaded = x509.load_der_x509_certificate(certificate)
    serial, issuer = loaded.serial_number, loaded.issuer.public_bytes()
    rsa_row = signer("rsa").algorithm

    def cms(covered: bytes) -> bytes:
        attributes = attributes_over(signer("rsa"), covered)
        value = _key(bits).sign(attributes, padding.PKCS1v15(), hashes.SHA256())
        info = der.sequence(
            der.integer(1),
            der.sequence(issuer, der.integer(serial)),
            rsa_row.digest_identifier,
            der.tlv(0xA0, der.DerReader(attributes).read(der.SET)),
            rsa_row.signature_identifier,
            der.octet_string(value),
        )
        chain = brought if brought is not None else (certificate, declared_pki("rsa").certificate("issuing-ca").der)
        return signed_data(signer("rsa"), info, chain=chain)

    return signed(plain(), Signing(cms))


def negative_modulus_file() -> bytes:
    """A certificate whose modulus begins with a set bit and no zero before it, as some smart cards were given."""
    whole = der.DerReader(certificate_of()).read_sequence()
    tbs, algorithm = whole.read_raw(), whole.read_raw()
    parts = []
    reader = der.DerReader(tbs).read_sequence()
    while not reader.at_end:
        parts.append(reader.read_raw())
    spki = der.DerReader(parts[6]).read_sequence()
    kind = spki.read_raw()
    key = der.DerReader(spki.read_bit_string()).read_sequence()
    modulus, exponent = key.read(der.INTEGER), key.read_raw()
    assert modulus[0] == 0
    parts[6] = der.sequence(kind, der.bit_string(der.sequence(der.tlv(der.INTEGER, modulus[1:]), exponent)))
    made = der.sequence(*parts)
    signature = declared_pki("rsa").key("issuing-ca").sign(made)
    return signed_by(der.sequence(made, algorithm, der.bit_string(signature)))


def _by_name(name: str, family: str = "rsa") -> bytes:
    return signed(plain(), Signing(by(pki_of(family).signer(name))))


def _beside_a_trusted_one() -> bytes:
    own = certificate_of(issued=False)
    return signed_by(own, brought=(*(one.der for one in declared_pki("rsa").chain("person")), own))


UNTRUSTED = "CERTIFICATE_UNTRUSTED"
CERTIFICATES = (
    Attack("certificate", "of its own making", UNTRUSTED, lambda: signed_by(certificate_of(issued=False))),
    Attack(
        "certificate",
        "of its own making with the agency's name",
        UNTRUSTED,
        lambda: signed_by(certificate_of(issued=False, name="样例县行政审批局")),
    ),
    Attack(
        "certificate",
        "in the name of the CA",
        UNTRUSTED,
        lambda: signed_by(certificate_of(issuer="样例签发机构 Declared CA RSA")),
    ),
    Attack(
        "certificate",
        "of a CA of a like name",
        UNTRUSTED,
        lambda: signed_by(certificate_of(issuer="样例签发机构 Declared CA RSA ")),
    ),
    Attack("certificate", "with a trusted one beside it", UNTRUSTED, lambda: _beside_a_trusted_one()),
    Attack(
        "certificate",
        "for a web server",
        "SIGNER_UNFIT",
        lambda: signed_by(certificate_of(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,))),
    ),
    Attack(
        "certificate",
        "for timestamps",
        "SIGNER_UNFIT",
        lambda: signed_by(certificate_of(purposes=(ExtendedKeyUsageOID.TIME_STAMPING,))),
    ),
    Attack("certificate", "that may not sign", "SIGNER_UNFIT", lambda: signed_by(certificate_of(may_sign=False))),
    Attack("certificate", "of a CA", "SIGNER_UNFIT", lambda: signed_by(certificate_of(authority=True))),
    Attack(
        "certificate", "over before it signed", "CERTIFICATE_EXPIRED", lambda: signed_by(certificate_of(days=(-20, -2)))
    ),
    Attack(
        "certificate",
        "that had not begun",
        "CERTIFICATE_NOT_YET_VALID",
        lambda: signed_by(certificate_of(days=(5, 20))),
    ),
    Attack(
        "certificate", "with a weak key", "CERTIFICATE_UNFIT", lambda: signed_by(certificate_of(bits=1024), bits=1024)
    ),
    *(
        Attack("certificate", f"{name} {family}", reason, lambda name=name, family=family: _by_name(name, family))
        for family in ("rsa", "sm2")
        for name, reason in (
            ("seal-compromised", "CERTIFICATE_REVOKED"),
            ("seal-of-revoked-ca", "CERTIFICATE_REVOKED"),
            ("seal-wrong-usage", "SIGNER_UNFIT"),
            ("seal-wrong-purpose", "SIGNER_UNFIT"),
            ("seal-wrong-issuer", UNTRUSTED),
            ("other-seal", UNTRUSTED),
        )
    ),
)


# Timestamps.


def token(over: bytes, *, name: str = "tsa", family: str = "rsa", days: int = 0) -> bytes:
    who = pki_of(family).signer(name)
    digest = keys.hash_bytes(who.algorithm.digest, over)
    return timestamping.make_token(
        who, imprint_der=timestamping.imprint(digest, who.algorithm), at=AT + timedelta(days=days), policy=policy()
    )


def _stamped(over: bytes | None, **more: object) -> bytes:
    """A good signature with a timestamp over its value, or over something else."""
    who = signer("rsa")

    def cms(covered: bytes) -> bytes:
        attributes = attributes_over(who, covered)
        value = who.sign(attributes)
        stamp = token(value if over is None else over, **more)  # type: ignore[arg-type]
        return signed_data(who, signer_info(who, attributes, value, unsigned=attribute(TOKEN, stamp)))

    return signed(plain(), Signing(cms, hole=12000))


def document_timestamp(
    pdf: bytes,
    *,
    spoil: bool = False,
    rect: bytes = b"[0 0 0 0]",
    look: bytes | None = None,
    kind: bytes = b"/Type/DocTimeStamp",
) -> bytes:
    how = Signing(
        lambda covered: token(b"another file" if spoil else covered),
        field=b"Stamp",
        widget=60,
        value=61,
        others=(FIRST_FREE,),
        rect=rect,
        look=look,
        sub_filter=b"ETSI.RFC3161",
        kind=kind,
        more=b"",
        hole=12000,
    )
    return signed(pdf, how)


def _token_as_signature() -> bytes:
    """A token over the file where a signature should be."""
    return signed(plain(), Signing(lambda covered: token(covered), hole=12000))


TIMESTAMPS = (
    Attack("timestamp", "over another signature", "TIMESTAMP_INVALID", lambda: _stamped(b"another signature")),
    Attack("timestamp", "of an unknown authority", "TIMESTAMP_UNTRUSTED", lambda: _stamped(None, name="other-tsa")),
    Attack("timestamp", "by a key that is not for it", "TIMESTAMP_INVALID", lambda: _stamped(None, name="seal")),
    Attack(
        "timestamp",
        "of another file over the document",
        "TIMESTAMP_INVALID",
        lambda: document_timestamp(approved(), spoil=True),
    ),
    Attack(
        "timestamp",
        "with a picture over the page",
        CHANGED,
        lambda: document_timestamp(
            approved(), rect=b"[72 690 400 740]", look=stream(b"0 g 0 0 9 9 re f", b"/Subtype/Form/BBox[0 0 9 9]")
        ),
    ),
    Attack("timestamp", "in place of a signature", "DIGEST_MISMATCH", _token_as_signature),
)

SIGNATURES = (
    *(attack for family in FAMILIES for attack in forgeries(family)),
    *WRAPPED,
    *(attack for family in FAMILIES for attack in messages(family)),
    Attack("message", "another SM2 identity", "SIGNATURE_INVALID", _other_identity),
    *CERTIFICATES,
    *TIMESTAMPS,
)
