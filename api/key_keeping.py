"""What is done with keys: made, certified, put to use, replaced. Each act ends with the register saved."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from esign import CHINA
from keys import (
    ECDSA_P256_SHA256,
    RSA_SHA256,
    SM2_SM3,
    Algorithm,
    Certificate,
    CertificateRequest,
    ExportablePrivateKey,
    KeysError,
    KeyUnusableError,
    NotForProductionError,
    PrivateKey,
    Subject,
    chain_for_key,
    generate_private_key,
    load_certificates,
    make_request,
    passphrase_from,
    read_reply,
    write_certificates,
    write_private_key,
)
from verify import Purpose, TrustStore, usage_check

from .errors import CannotWriteError, HomeError, MalformedInputError, UsageError
from .home import Home
from .inputs import read_file
from .key_register import KeyRegister, KeyState, RegisteredKey, is_key_name, load_register, register_lock, save_register
from .messages import Message
from .open_keys import chain_of, custody_of
from .seals import read_home_seal
from .system_words import why_unwritten

MAX_REPLY_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A key after something was done with it, and what whoever did it should know."""

    key: RegisteredKey
    state: KeyState
    warnings: tuple[Message, ...] = ()


def make_key(
    home: Home,
    *,
    family: str,
    role: str,
    name: str | None,
    uri: str | None,
    source: str | None,
    bits: int,
    at: datetime,
) -> Kept:
    """Make a key in a file of the home, or take in one that exists elsewhere, named by its URI.

    `source` names where the passphrase of the file comes from. NotForProductionError for a seal key in a file where
    the production profile is in force; UsageError when the name cannot be given or two wishes do not fit.
    """
    if uri is not None and source is not None:
        raise UsageError(
            "--uri 与 --passphrase-source 不能同时使用；口令来源写在 URI 里。",
            "--uri and --passphrase-source exclude each other: the source stands in the URI",
        )
    with register_lock(home):
        register = load_register(home)
        called = _free_name(register, family, role, name, at)
        if uri is None:
            if home.settings.production and role == "seal":
                raise NotForProductionError("in production a seal key is made in a device and named with --uri")
            key = _make_file(home, called, _algorithm(family, role), source, bits)
            made = RegisteredKey(name=called, family=family, role=role, uri=key, made_at=at)
            return kept_in(home, register, made, at)
        taken = RegisteredKey(name=called, family=family, role=role, uri=uri, made_at=at)
        opened = open_registered(home, taken)
        if opened.algorithm != _algorithm(family, role):
            raise UsageError(
                f"该密钥的算法是 {opened.algorithm.title}，不适合此用途。",
                f"the key is for {opened.algorithm.title}, which does not fit family and role",
            )
        try:
            inside = custody_of(home).open_signer(uri, for_seals=role == "seal").chain
        except NotForProductionError:
            raise
        except KeyUnusableError:
            # No certificate comes with it, as with nearly every device.
            return kept_in(home, register, taken, at)
        return _certified(home, register, taken, inside, at)


def request_certificate(
    home: Home,
    name: str,
    *,
    organization: str | None,
    organization_code: str | None,
    common_name: str | None,
    at: datetime,
) -> tuple[Kept, CertificateRequest]:
    """Make the request for a key; what is not given is taken from the seal certificate in use."""
    with register_lock(home):
        register = load_register(home)
        key = _changeable(register.get(name))
        wanted, code = organization, organization_code
        if wanted is None or code is None:
            present = _present_subject(home, register, at)
            wanted, code = wanted or present[0], code or present[1]
        purpose = _PURPOSES[key.role]
        subject = Subject(
            common_name=common_name or f"{wanted} {purpose}", organization=wanted, organization_identifier=code
        )
        request = make_request(subject, open_registered(home, key))
        return kept_in(home, register, replace(key, requested_at=at), at), request


def import_certificate(home: Home, name: str, files: tuple[Path, ...], *, at: datetime) -> Kept:
    """Take in what a CA returned for a key: MalformedInputError unless it is usable for the key's role."""
    with register_lock(home):
        register = load_register(home)
        key = _changeable(register.get(name))
        opened = open_registered(home, key)
        try:
            certificates = [found for file in files for found in read_reply(read_file(file, MAX_REPLY_BYTES))]
            chain = chain_for_key(certificates, opened.public_key)
        except KeysError as error:
            raise MalformedInputError(f"证书文件不能用于该密钥：{error}", f"not for this key: {error}") from error
        return _certified(home, register, key, chain, at)


def rotate(home: Home, *, family: str, role: str, to: str, begin: datetime | None, at: datetime) -> Kept:
    """Let another key seal from `begin` on (now when None). The old one stays known, what it sealed stays good.

    UsageError when the key is not ready for it: everything that would stop the first licence is found here.
    """
    begin = at if begin is None else begin
    if begin < at:
        raise UsageError("启用时间不能早于现在。", "a rotation cannot begin in the past")
    with register_lock(home):
        register = load_register(home)
        key = _changeable(register.get(to))
        present = register.active(family, role, at)
        if present is not None and present.fixed:
            raise UsageError(
                f"该密钥写在 elicence.toml 的 [keys.{family}.{role}] 中，请在那里更改。",
                f"elicence.toml names this key in [keys.{family}.{role}]: change it there",
            )
        if (key.family, key.role) != (family, role):
            raise UsageError(f"密钥 {to} 属于 {key.family} {key.role}。", f"{to} is a key for {key.family} {key.role}")
        if present is not None and present.name == key.name:
            raise UsageError("该密钥正在使用。", "this key is in use already")
        if key.chain is None:
            raise UsageError("该密钥还没有证书，请先 import。", "the key has no certificate yet: import it first")
        signer = custody_of(home).open_signer(key.uri, chain_of(home, key), for_seals=role == "seal")
        found = TrustStore.from_directory(home.trust).chain(signer.certificate, signer.chain[1:], begin)
        if found.code != "OK":
            raise UsageError(
                f"该证书届时不能通过核验（{found.code}）。", f"its seals would not pass: {found.code}, {found.detail}"
            )
        warnings = _differences(home, present, signer.certificate)
        if role == "seal":
            warnings += _not_in_seal(home, family, signer.certificate)
        return kept_in(home, register, replace(key, active_from=begin), at, warnings)


def open_registered(home: Home, key: RegisteredKey) -> PrivateKey:
    """Open the private key of an entry; the error of `keys` when that cannot be done."""
    return custody_of(home).open_key(key.uri, for_seals=key.role == "seal")


def certificates_of(home: Home, key: RegisteredKey) -> tuple[Certificate, ...] | None:
    """Read a key's certificates, its own first; None when it has none yet or the file cannot be read."""
    try:
        return None if key.chain is None else read_certificates(home, key)
    except (HomeError, KeysError):
        return None


_PURPOSES = {"seal": "电子印章", "code": "证照二维码", "copy": "加注件"}


def _algorithm(family: str, role: str) -> Algorithm:
    if family == "sm2":
        return SM2_SM3
    # The signature of a code has 64 bytes.
    return RSA_SHA256 if role == "seal" else ECDSA_P256_SHA256


def _purpose(role: str) -> Purpose:
    match role:
        case "code" | "copy":
            return role
        case _:
            return "seal"


def _free_name(register: KeyRegister, family: str, role: str, name: str | None, at: datetime) -> str:
    taken = {key.name for key in register.keys}
    if name is None:
        stem = f"{family}-{role}-{at.astimezone(CHINA):%Y%m%d}"
        return next(text for text in (stem, *(f"{stem}-{count}" for count in range(2, 1000))) if text not in taken)
    if not is_key_name(name):
        raise UsageError(
            "密钥名称应为 1 至 40 个小写字母、数字或连字符。",
            "a key's name has 1 to 40 lower-case letters, digits, hyphens",
        )
    if name in taken:
        raise UsageError("已有这个名称的密钥。", "there is a key of this name")
    return name


def _make_file(home: Home, name: str, algorithm: Algorithm, source: str | None, bits: int) -> str:
    """Make a key in a new file of the home and return its URI."""
    passphrase = None if source is None else passphrase_from(source, folder=home.path)
    key: ExportablePrivateKey = generate_private_key(algorithm, rsa_bits=bits)
    file = f"keys/{name}.key.pem"
    _written(lambda: write_private_key(home.path / file, key, passphrase), home.path / file)
    return f"file:{file}" if source is None else f"file:{file}?passphrase-source={source}"


def _changeable(key: RegisteredKey) -> RegisteredKey:
    require_not_fixed(key)
    if key.retired is not None:
        raise UsageError("该密钥已停用。", "the key is retired")
    return key


def require_not_fixed(key: RegisteredKey) -> None:
    """UsageError for a key that `elicence.toml` names: no command changes it."""
    if key.fixed:
        raise UsageError(
            "该密钥由 elicence.toml 指定：请从中删去，并用 keys new --uri 登记。",
            "elicence.toml names this key: take it out there and register it with keys new --uri",
        )


def _present_subject(home: Home, register: KeyRegister, at: datetime) -> tuple[str, str]:
    """Return name and code of the authority in the seal certificate that is in use."""
    for family in register.families(at):
        key = register.active(family, "seal", at)
        chain = None if key is None else certificates_of(home, key)
        if chain is None or (chain[0].is_development and not home.settings.development):
            continue
        subject = chain[0].subject
        if subject.organization is not None and subject.organization_identifier is not None:
            return subject.organization, subject.organization_identifier
    raise UsageError(
        "请写明机构名称和统一社会信用代码（--organization、--organization-code）。",
        "name the authority and its social credit code: --organization, --organization-code",
    )


def read_certificates(home: Home, key: RegisteredKey) -> tuple[Certificate, ...]:
    """Read the certificates of a key that has some; HomeError, or the error of `keys`."""
    path = home.path / (key.chain or "")
    try:
        return load_certificates(path.read_bytes())
    except OSError as error:
        raise HomeError(f"证书文件无法读取：{path}", f"the file of certificates cannot be read: {path}") from error


def _certified(
    home: Home, register: KeyRegister, key: RegisteredKey, chain: tuple[Certificate, ...], at: datetime
) -> Kept:
    """Keep the certificates of a key, and those of a code key where verifiers look for them: codes bring none."""
    certificate = chain[0]
    subject = certificate.subject
    if subject.organization is None or subject.organization_identifier is None:
        raise MalformedInputError(
            "证书没有写明机构名称（O）和统一社会信用代码（2.5.4.97），不能用于盖章，请让 CA 重新签发。",
            "the certificate lacks organisation (O) or organizationIdentifier (2.5.4.97): no licence could be sealed",
        )
    usage = usage_check(certificate, purpose=_purpose(key.role))
    if usage.code != "OK":
        raise MalformedInputError(f"证书用途不符：{usage.detail}", f"the certificate does not fit: {usage.detail}")
    if home.settings.production and certificate.is_development:
        raise NotForProductionError("a development certificate has no place in production")
    digest = certificate.fingerprint("sha256").hex()
    if key.role == "code":
        public = home.trust / f"{key.name}-{digest[:8]}.pem"
        _written(lambda: write_certificates(public, chain), public)
    file = home.path / "keys" / f"{key.name}.chain.pem"
    _written(lambda: write_certificates(file, chain), file)
    found = TrustStore.from_directory(home.trust).chain(certificate, chain[1:], at)
    warnings = []
    if found.code != "OK":
        warnings.append(
            Message(
                zh=f"目前不能通过核验（{found.code}）：请把 CA 的根证书放入 {home.trust}。",
                en=f"its seals would not pass now ({found.code}, {found.detail}): put the CA's root into {home.trust}",
            )
        )
    warnings += _differences(home, register.active(key.family, key.role, at), certificate)
    certificates = tuple(dict.fromkeys((*key.certificates, digest)))
    kept = replace(key, chain=f"keys/{file.name}", certificates=certificates)
    return kept_in(home, register, kept, at, tuple(warnings))


def _differences(home: Home, present: RegisteredKey | None, certificate: Certificate) -> tuple[Message, ...]:
    """Warn when a certificate is of another authority than the one in use."""
    chain = None if present is None else certificates_of(home, present)
    if chain is None:
        return ()
    now, then = chain[0].subject, certificate.subject
    if (now.organization, now.organization_identifier) == (then.organization, then.organization_identifier):
        return ()
    names = f"{now.organization} ({now.organization_identifier}) → {then.organization} ({then.organization_identifier})"
    return (Message(zh=f"机构与目前使用的证书不同：{names}", en=f"another authority than in the present one: {names}"),)


def _not_in_seal(home: Home, family: str, certificate: Certificate) -> tuple[Message, ...]:
    """Warn when the home's electronic seal may not be used with a certificate: nothing could be issued."""
    seal = read_home_seal(home, family)
    if seal is None or seal.permits(certificate):
        return ()
    return (
        Message(
            zh="电子印章的名单中没有该证书，届时不能签发：请先换发印章（elicence seal import）。",
            en="the electronic seal does not list this certificate, so nothing can be issued with it: renew the seal "
            "(elicence seal import)",
        ),
    )


def kept_in(
    home: Home, register: KeyRegister, key: RegisteredKey, at: datetime, warnings: tuple[Message, ...] = ()
) -> Kept:
    """Save what was done with a key."""
    changed = register.with_key(key)
    save_register(home, changed)
    return Kept(key=key, state=changed.state(key, at), warnings=warnings)


def _written(write: Callable[[], None], path: Path) -> None:
    try:
        write()
    except OSError as error:
        why = why_unwritten(error)
        raise CannotWriteError(f"无法写入：{path}（{why.zh}）", f"cannot write {path}: {why.en}") from error
