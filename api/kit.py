"""The counter kit: one folder that checks licences where no network is. It holds what is public, and nothing else."""

import hashlib
import os
import platform
import py_compile
import secrets
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import rfc8785

import esign
import keys
import verify
from esign import MAX_STATUS_FILE_BYTES, read_signed_status_list, sign_detached
from keys import Signer, load_certificates, write_certificates
from licences import StatusListName
from verify import (
    APPLICANTS_FOLDER,
    REGISTER_FILE,
    REGISTER_SIGNATURE_FILE,
    REGISTRARS_FOLDER,
    RETIREMENTS_FILE,
    TIMESTAMPS_FOLDER,
    TrustStore,
    Verifier,
)

from .errors import CannotWriteError, HomeError, MalformedInputError, ServiceUnavailableError
from .inputs import read_file
from .self_check import require_authentic
from .status_fetching import fetch_status_lists
from .status_files import StatusFiles
from .system_words import why_unwritten

KIT_FORMAT = "elicence-kit/1"
KIT_FILE = "kit.json"
KIT_SIGNATURE_FILE = "kit.json.p7s"
RENEW_AFTER = timedelta(days=30)
"""How long trusted certificates in a kit are taken for those of today."""

# What `keys`, `esign` and `verify` need when nobody is asked over a network. A kit is tried with nothing else.
_LIBRARIES = (
    "cbor2",
    "cffi",
    "cryptography",
    "gmalg",
    "isal",
    "pikepdf",
    "pillow",
    "pycparser",
    "rfc8785",
    "uharfbuzz",
    "zxing-cpp",
)
_PACKAGES = (keys, esign, verify)
_SOURCES = Path(__file__).parent / "kit_files"
_STARTERS = {"check": "check.sh", "check.bat": "check.bat", "README.txt": "README.txt"}
_CERTIFICATES = frozenset({".pem", ".crt", ".cer", ".der"})
_PUBLIC_FILES = frozenset({RETIREMENTS_FILE, REGISTER_FILE, REGISTER_SIGNATURE_FILE})
_PURPOSES = (REGISTRARS_FOLDER, TIMESTAMPS_FOLDER, APPLICANTS_FOLDER)
_MAX_TRUST_FILE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKit:
    """What was made or renewed."""

    folder: Path
    anchors: int
    lists: int
    files: int
    size: int
    renew_by: datetime
    signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KitSources:
    """Where the data of a kit come from."""

    trust: Path
    status: Sequence[str]
    """Files, folders, or the public addresses of authorities."""
    signer: Signer | None
    """Of the office that makes it; without one the manifest is not signed."""


def make_kit(folder: Path, sources: KitSources, *, at: datetime) -> MadeKit:
    """Make a kit in a folder that is empty or not there; it appears whole or not at all.

    Raises CannotWriteError, the errors of the trusted certificates and of the lists.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CannotWriteError(
            f"这里应为新的或空的文件夹：{folder}；更新查验包请用 --update。",
            f"{folder} is no new or empty folder: to renew a kit use --update",
        )
    staged = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}")
    try:
        staged.mkdir(parents=True)
        data = _copy_data(staged, sources, at)
        _copy_program(staged)
        made = _complete(staged, data, sources.signer, at)
        if folder.exists():
            folder.rmdir()
        staged.rename(folder)
    except OSError as error:
        raise _unwritten(folder, error) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return replace(made, folder=folder)


def renew_kit(folder: Path, sources: KitSources, *, at: datetime) -> MadeKit:
    """Give a kit the trusted certificates and lists of today; its program stays. Errors as `make_kit`."""
    if not (folder / KIT_FILE).is_file() or not (folder / "lib").is_dir():
        raise MalformedInputError(f"不是查验包：{folder}", f"{folder} is no counter kit")
    staged = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}")
    try:
        staged.mkdir()
        for name in ("lib", *_STARTERS):
            # The program is not copied, only looked at for the new manifest.
            (staged / name).symlink_to((folder / name).resolve())
        made = _complete(staged, _copy_data(staged, sources, at), sources.signer, at)
        for name in ("trust", "status"):
            old = staged / f"{name}.old"
            if (folder / name).exists():
                (folder / name).rename(old)
            try:
                (staged / name).rename(folder / name)
            except OSError:
                # What was there is better than nothing.
                if old.exists():
                    old.rename(folder / name)
                raise
        if not made.signed:
            (folder / KIT_SIGNATURE_FILE).unlink(missing_ok=True)
        for name in (KIT_SIGNATURE_FILE, KIT_FILE):
            if (staged / name).exists():
                (staged / name).replace(folder / name)
    except OSError as error:
        raise _unwritten(folder, error) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return replace(made, folder=folder)


def _unwritten(folder: Path, error: OSError) -> CannotWriteError:
    why = why_unwritten(error)
    return CannotWriteError(f"无法写入：{folder}（{why.zh}）", f"cannot write {folder}: {why.en}")


def _copy_program(kit: Path) -> None:
    lib = kit / "lib"
    lib.mkdir()
    for package in _PACKAGES:
        source = Path(str(package.__file__)).parent
        shutil.copytree(source, lib / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _LIBRARIES:
        _copy_library(name, lib)
    shutil.copyfile(_SOURCES / "start.py", lib / "__main__.py")
    # With times in them they would be stale after the first copy to another disk, and it would start slowly for ever.
    for source in sorted(lib.rglob("*.py")):
        py_compile.compile(
            str(source),
            cfile=str(source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"),
            dfile=str(source.relative_to(kit)),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    words = {"$VERSION": _python(), "$PLATFORM": sysconfig.get_platform()}
    for name, source_name in _STARTERS.items():
        text = (_SOURCES / source_name).read_text("utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        (kit / name).write_text(text, "utf-8", newline="\r\n" if name.endswith((".bat", ".txt")) else "\n")
    (kit / "check").chmod(0o755)


def _copy_library(name: str, lib: Path) -> None:
    try:
        files = distribution(name).files
    except PackageNotFoundError as error:
        raise ServiceUnavailableError(f"缺少程序库 {name}。", f"the library {name} is not installed") from error
    for file in files or ():
        # Scripts lie outside of the library's folder, and a counter has no use for them.
        if ".." in file.parts or "__pycache__" in file.parts:
            continue
        target = lib / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.locate(), target)


def _copy_data(kit: Path, sources: KitSources, at: datetime) -> tuple[int, int]:
    """Put trusted certificates and lists into a kit and count the anchors and the lists."""
    _copy_trust(sources.trust, kit / "trust")
    trust = TrustStore.from_directory(kit / "trust")
    if not trust.anchors:
        raise HomeError("没有信任根，不能制作查验包。", "there is no trusted root: such a kit could judge nothing")
    files = StatusFiles(kit / "status")
    files.folder.mkdir()
    for name in sources.status:
        _copy_lists(name, files, trust, at)
    return len(trust.anchors), len(files.names())


def _complete(kit: Path, data: tuple[int, int], signer: Signer | None, at: datetime) -> MadeKit:
    """Write the manifest over everything else, and sign it."""
    renew_by = at + RENEW_AFTER
    contents = {str(path.relative_to(kit).as_posix()): path for path in _files(kit)}
    manifest = rfc8785.dumps(
        {
            "format": KIT_FORMAT,
            "madeAt": at.isoformat(timespec="seconds"),
            "renewBy": renew_by.isoformat(timespec="seconds"),
            "program": version("elicence"),
            "python": _python(),
            "platform": sysconfig.get_platform(),
            "files": {name: _digest(path) for name, path in contents.items()},
        }
    )
    (kit / KIT_FILE).write_bytes(manifest)
    if signer is not None:
        (kit / KIT_SIGNATURE_FILE).write_bytes(sign_detached(manifest, signer, signing_time=at))
    return MadeKit(
        folder=kit,
        anchors=data[0],
        lists=data[1],
        files=len(contents),
        size=sum(path.stat().st_size for path in contents.values()),
        renew_by=renew_by,
        signed=signer is not None,
    )


def _copy_trust(source: Path, target: Path) -> None:
    """Certificates are read and written anew: a private key that somebody put beside one does not come along."""
    target.mkdir()
    for file in sorted(source.iterdir()):
        copy, suffix = target / file.name, file.suffix.lower()
        if file.is_dir() and file.name in _PURPOSES:
            _copy_trust(file, copy)
            continue
        if suffix in _CERTIFICATES:
            write_certificates(copy.with_suffix(".pem"), load_certificates(read_file(file, _MAX_TRUST_FILE)))
            copy = copy.with_suffix(".pem")
        elif suffix == ".crl" or file.name in _PUBLIC_FILES:
            copy.write_bytes(read_file(file, _MAX_TRUST_FILE))
        else:
            continue
        state = file.stat()
        os.utime(copy, ns=(state.st_atime_ns, state.st_mtime_ns))


def _copy_lists(source: str, files: StatusFiles, trust: TrustStore, at: datetime) -> None:
    """Take the newest lists of a file, a folder or an authority's address; each must be that authority's."""
    if "://" in source:
        fetch_status_lists(source, files, trust, at=at)
        return
    path = Path(source)
    if path.is_dir():
        there = StatusFiles(path)
        newest = (there.newest(name) for name in there.names())
        contents = [one.read() for one in newest if one is not None]
    else:
        contents = [read_file(path, MAX_STATUS_FILE_BYTES)]
    for content in contents:
        require_authentic("status list", Verifier(trust).verify_file(content, at=at))
        listed = read_signed_status_list(content).listed
        files.put(StatusListName(listed.issuer_code, listed.number), listed.issued_at, content)


def _files(kit: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(kit, followlinks=True):
        folders.sort()
        yield from (Path(folder) / name for name in sorted(names) if name not in (KIT_FILE, KIT_SIGNATURE_FILE))


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _python() -> str:
    major, minor, _ = platform.python_version_tuple()
    return f"{major}.{minor}"
