"""Authorities that issue jointly: their seal certificates, and their electronic seals if they gave them, by name."""

import re

from esign import DEFAULT_DIAMETER, EsignError, SealObject, read_seal_object
from keys import KeysError, load_certificates
from licences import AwaitedSeal

from .errors import HomeError, MalformedInputError
from .home import Home
from .inputs import read_file
from .seals import MAX_SEAL_BYTES

MAX_CHAIN_BYTES = 1024 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_FOLDER = "partners"


def read_partner(home: Home, name: str) -> AwaitedSeal:
    """Read `<home>/partners/NAME.pem` (certificates, the seal's first) and, beside it, the seal `.esl` or `.seal.json`.

    Without the electronic seal its picture is taken for a round one of the usual size. Raises MalformedInputError for a
    name of no partner, HomeError when a file is damaged.
    """
    chain = home.path / _FOLDER / f"{name}.pem"
    if not _NAME.fullmatch(name) or not chain.is_file():
        raise MalformedInputError(
            "没有这个联合颁发机构（主目录 partners 文件夹）。", "no such partner in the home's folder of partners"
        )
    try:
        certificate = load_certificates(read_file(chain, MAX_CHAIN_BYTES))[0]
        seal = _read_seal(home, name)
        picture = None if seal is None else seal.appearance()
    except (KeysError, EsignError) as error:
        raise HomeError(
            f"联合颁发机构的证书或印章无法使用：{name}（{error}）", f"the partner {name} is unusable: {error}"
        ) from error
    return AwaitedSeal(
        certificate=certificate,
        width=DEFAULT_DIAMETER if picture is None else picture.width,
        height=DEFAULT_DIAMETER if picture is None else picture.height,
        seal_digest=None if seal is None else seal.digest,
    )


def _read_seal(home: Home, name: str) -> SealObject | None:
    for suffix in ("esl", "seal.json"):
        path = home.path / _FOLDER / f"{name}.{suffix}"
        if path.is_file():
            return read_seal_object(read_file(path, MAX_SEAL_BYTES))
    return None
