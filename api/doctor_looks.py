"""What `elicence doctor` looks at: each look reads one thing of an installation and names what is wrong with it."""

import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from keys import SM2_SM3, load_certificates
from licences import schema_state
from licences.access import Role
from licences.supervision import TrailQuestion
from verify import TrustStore

from .backup import last_backup
from .doctor import Finding, Look, Patient
from .errors import SettingsError
from .forwarding import is_loopback
from .health import waiting_too_long
from .home import INDEX_KEY_FILE
from .key_register import RegisteredKey
from .open_keys import chain_of
from .opening import existing_database
from .protection_keys import RING_FILE, read_ring
from .seals import read_home_seal
from .serving import context_of
from .settings import ALL_ROLES, DEFAULT_FORMAT, SETTINGS_FILE

SOON = timedelta(days=30)
ANCHOR_SOON = timedelta(days=90)
OLD_KEY = timedelta(days=366)
OLD_BACKUP = timedelta(days=7)
CLOCK_TOLERANCE = timedelta(minutes=5)
MIN_FREE_BYTES = 2 * 1024**3
MIN_FREE_SHARE = 0.05
_OFD_FAMILY = SM2_SM3.name  # an OFD bears no other seals
_FROM_THE_START = datetime(1970, 1, 1, tzinfo=UTC)
_CHECKED = frozenset({"verify-ca", "verify-full"})


def _look(*codes: str) -> Callable[[Callable[[Patient], Iterator[Finding]]], Look]:
    """Make a look of a function that may find these."""
    return lambda find: Look(name=find.__name__.strip("_"), codes=frozenset(codes), find=find)


@_look("OPEN_ON_LOOPBACK", "DEVELOPMENT_HOME", "NOT_PRODUCTION", "PROVIDER_PLAIN", "NO_TIMESTAMPS", "STORE_PLAIN")
def _settings(patient: Patient) -> Iterator[Finding]:
    settings = patient.home.settings
    if settings.open_on_loopback:
        yield Finding(code="OPEN_ON_LOOPBACK")
    if settings.development:
        yield Finding(code="DEVELOPMENT_HOME")
    elif not settings.production:
        yield Finding(code="NOT_PRODUCTION")
    for address in _providers(patient):
        if urlsplit(address).scheme != "https":
            yield Finding(code="PROVIDER_PLAIN", subject=address)
    for family in patient.services.keys.register().families(patient.now):
        if family not in settings.timestamps:
            yield Finding(code="NO_TIMESTAMPS", subject=family)
    if settings.store is not None and not _is_checked(settings.store.url):
        yield Finding(code="STORE_PLAIN", subject=settings.store.url)


@_look("PUBLIC_URL_PLAIN", "TLS_MISSING", "TLS_UNUSABLE", "TLS_EXPIRES")
def _network(patient: Patient) -> Iterator[Finding]:
    settings = patient.home.settings
    url = urlsplit(settings.public_url)
    if not is_loopback(url.hostname or ""):
        if url.scheme != "https":
            yield Finding(code="PUBLIC_URL_PLAIN", subject=settings.public_url)
        if settings.tls is None and not settings.trusted_proxies:
            yield Finding(code="TLS_MISSING", subject=settings.public_url)
    if settings.tls is None:
        return
    try:
        context_of(settings.tls, patient.home.path)
    except SettingsError:
        yield Finding(code="TLS_UNUSABLE", subject=str(settings.tls.certificate))
        return
    certificate = load_certificates(settings.tls.certificate.read_bytes())[0]
    if certificate.not_after - patient.now < SOON:
        yield Finding(code="TLS_EXPIRES", subject=_ends(str(settings.tls.certificate), certificate.not_after))


@_look("HOME_READABLE", "SECRET_READABLE", "WRITABLE_BY_OTHERS")
def _files(patient: Patient) -> Iterator[Finding]:
    home = patient.home
    if _mode(home.path) & 0o077:
        yield Finding(code="HOME_READABLE", subject=str(home.path))
    for path in sorted(_secrets(patient)):
        if path.exists() and _mode(path) & 0o077:
            yield Finding(code="SECRET_READABLE", subject=str(path))
    for path in (home.path, home.path / SETTINGS_FILE, home.trust, *sorted(home.trust.iterdir())):
        if _mode(path) & 0o022:
            yield Finding(code="WRITABLE_BY_OTHERS", subject=str(path))


@_look("KEY_UNUSABLE", "CERTIFICATE_EXPIRES", "KEY_OLD")
def _keys(patient: Patient) -> Iterator[Finding]:
    for name, fault in patient.services.key_faults().items():
        if fault is not None:
            yield Finding(code="KEY_UNUSABLE", subject=name)
    for key in _keys_in_use(patient):
        chain = chain_of(patient.home, key)
        if chain is None or not chain.is_file():
            # It lies in a device; or it is missing, which was said above.
            continue
        certificate = load_certificates(chain.read_bytes())[0]
        if certificate.not_after - patient.now < SOON:
            yield Finding(code="CERTIFICATE_EXPIRES", subject=_ends(key.name, certificate.not_after))
        since = key.active_from if key.active_from not in (None, _FROM_THE_START) else certificate.not_before
        if patient.now - since > OLD_KEY:
            yield Finding(code="KEY_OLD", subject=f"{key.name}: {since.date()}")


@_look("OFD_NEEDS_SM2", "OFD_NEEDS_SEAL", "OFD_SEAL_OPAQUE")
def _ofd(patient: Patient) -> Iterator[Finding]:
    home = patient.home
    if home.settings.format == DEFAULT_FORMAT:
        return
    wanted = f'format = "{home.settings.format}"'
    if _OFD_FAMILY not in patient.services.keys.register().families(patient.now):
        yield Finding(code="OFD_NEEDS_SM2", subject=wanted)
        return
    seal = read_home_seal(home, _OFD_FAMILY)
    if seal is None or not seal.seals_ofd:
        yield Finding(code="OFD_NEEDS_SEAL", subject=wanted)
    elif seal.picture.opaque:
        yield Finding(code="OFD_SEAL_OPAQUE", subject=wanted)


@_look("ANCHOR_EXPIRES", "DEVELOPMENT_ANCHOR")
def _trust(patient: Patient) -> Iterator[Finding]:
    trust = TrustStore.from_directory(patient.home.trust)
    for anchor in trust.anchors:
        name = anchor.subject.common_name or anchor.subject.organization or f"{anchor.serial:x}"
        if anchor.not_after - patient.now < ANCHOR_SOON:
            yield Finding(code="ANCHOR_EXPIRES", subject=_ends(name, anchor.not_after))
        if anchor.is_development:
            yield Finding(code="DEVELOPMENT_ANCHOR", subject=name)


@_look("MIGRATIONS_PENDING", "MIGRATIONS_POST")
def _schema(patient: Patient) -> Iterator[Finding]:
    state = schema_state(existing_database(patient.home))
    if state.pending:
        yield Finding(code="MIGRATIONS_PENDING", subject=", ".join(state.pending))
    if state.pending_post:
        yield Finding(code="MIGRATIONS_POST", subject=", ".join(state.pending_post))


@_look("DATA_UNPROTECTED")
def _protection(patient: Patient) -> Iterator[Finding]:
    if not read_ring(patient.home).keys:
        yield Finding(code="DATA_UNPROTECTED")


@_look("CLIENTS_ALTERED", "NO_SECURITY_ADMINISTRATOR", "NO_AUDITOR", "PROOF_EXPIRES")
def _clients(patient: Patient) -> Iterator[Finding]:
    clients = patient.services.clients
    for name in clients.altered():
        yield Finding(code="CLIENTS_ALTERED", subject=name)
    usable: set[Role] = set()
    for client in clients.all():
        if client.suspended:
            continue
        proofs = [proof for proof in clients.proofs(client.name) if proof.revoked_at is None]
        if any(proof.is_good(patient.now) for proof in proofs):
            usable |= client.roles
        for proof in proofs:
            if proof.expires_at is not None and proof.expires_at - patient.now < SOON:
                yield Finding(code="PROOF_EXPIRES", subject=_ends(client.name, proof.expires_at))
    if Role.SECURITY_ADMINISTRATOR not in usable:
        yield Finding(code="NO_SECURITY_ADMINISTRATOR")
    if Role.AUDITOR not in usable:
        yield Finding(code="NO_AUDITOR")


@_look("CLOCK_BEHIND")
def _clock(patient: Patient) -> Iterator[Finding]:
    later = TrailQuestion(since=patient.now + CLOCK_TOLERANCE)
    for found in patient.services.trail.entries(later, limit=1):
        yield Finding(code="CLOCK_BEHIND", subject=found.entry.at.astimezone(UTC).isoformat(timespec="seconds"))


@_look("TRAIL_BEHIND")
def _trail(patient: Patient) -> Iterator[Finding]:
    oldest = waiting_too_long(patient.services.trail_chain, patient.now)
    if oldest is not None:
        yield Finding(code="TRAIL_BEHIND", subject=oldest.astimezone(UTC).isoformat(timespec="seconds"))


@_look("BACKUP_MISSING", "BACKUP_OLD", "KEYS_NOT_BACKED_UP")
def _backup(patient: Patient) -> Iterator[Finding]:
    last = last_backup(patient.home)
    if last.data_at is None:
        yield Finding(code="BACKUP_MISSING")
    elif patient.now - last.data_at > OLD_BACKUP:
        yield Finding(code="BACKUP_OLD", subject=str(last.data_at.date()))
    if not last.keys_current:
        yield Finding(code="KEYS_NOT_BACKED_UP")


@_look("DISK_LOW")
def _disk(patient: Patient) -> Iterator[Finding]:
    usage = shutil.disk_usage(patient.home.path)
    if usage.free < max(MIN_FREE_BYTES, usage.total * MIN_FREE_SHARE):
        yield Finding(code="DISK_LOW", subject=f"{usage.free // 1024**2} MB")


LOOKS = (
    _settings, _network, _files, _keys, _ofd, _trust, _schema, _protection, _clients, _clock, _trail, _backup, _disk
)  # fmt: skip


def _providers(patient: Patient) -> Iterator[str]:
    """Name the addresses of the identity providers."""
    identity = patient.home.settings.identity
    if identity.tokens is not None:
        yield identity.tokens.issuer
    for login in (identity.holders, identity.staff):
        if login is not None:
            yield login.account.issuer


def _secrets(patient: Patient) -> Iterator[Path]:
    """Name the files that hold keys or passwords, as far as the settings and the key register name them."""
    home, settings = patient.home, patient.home.settings
    yield home.path / INDEX_KEY_FILE
    yield home.path / RING_FILE
    for key in patient.services.keys.register().keys:
        if (file := patient.services.keys.custody.file_of(key.uri)) is not None:
            yield file
    if settings.store is not None and settings.store.password_file is not None:
        yield settings.store.password_file
    if settings.tls is not None:
        yield settings.tls.key
        kind, _, name = (settings.tls.passphrase_source or "").partition(":")
        if kind == "file":
            yield home.path / name
    for login in (settings.identity.holders, settings.identity.staff):
        if login is not None and login.account.secret is not None:
            yield login.account.secret
    if (tokens := settings.identity.tokens) is not None and tokens.introspection is not None:
        if tokens.introspection.secret is not None:
            yield tokens.introspection.secret
    for source in settings.licence_sources:
        yield source.token_file


def _keys_in_use(patient: Patient) -> Iterator[RegisteredKey]:
    register = patient.services.keys.register()
    for family in register.families(patient.now):
        for role in ALL_ROLES:
            if (key := register.active(family, role, patient.now)) is not None:
                yield key


def _is_checked(url: str) -> bool:
    """Whether a connection to this database stays on the machine, or checks who answers."""
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    hosts = [parts.hostname or "", *options.get("host", ())]
    local = all(not host or host.startswith("/") or is_loopback(host) for host in hosts)
    return local or bool(_CHECKED & set(options.get("sslmode", ())))


def _ends(name: str, at: datetime) -> str:
    return f"{name}: {at.astimezone(UTC).date()}"


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
