"""The electronic seals of a home: one for each family, in `seals/`; made for development only, else taken in."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from esign import (
    ORGANISATION,
    SEAL_DPI,
    FontChain,
    MalformedError,
    SealObject,
    SealPicture,
    SesPicture,
    TooLargeError,
    draw_round_seal,
    make_seal_object,
    read_seal_object,
    seal_png,
)
from keys import Certificate, Signer, load_certificates

from .errors import HomeError
from .home import Home
from .inputs import read_file
from .key_register import KeyState, load_register
from .open_keys import chain_of, custody_of

MAX_SEAL_BYTES = 8 * 1024 * 1024
DEVELOPMENT_VENDOR = "ELICENCE-DEV"
"""The maker's code in seals that are self-made: of no register of makers."""
DEVELOPMENT_LINE = "样例 测试"
"""Stands in the centre of every seal of a development PKI."""
_SEALS = "seals"
_SUFFIXES = {"sm2": "esl", "rsa": "seal.json"}


def seal_path(home: Path, family: str) -> Path:
    """Name the file of a family's seal: `.esl` of GB/T 38540 for SM2, a manifest else."""
    return home / _SEALS / f"{family}.{_SUFFIXES[family]}"


def family_of(seal: SealObject) -> str:
    """Say which family a seal is for."""
    return "rsa" if seal.ses is None else "sm2"


def read_home_seal(home: Home, family: str) -> SealObject | None:
    """Read the home's seal of a family, None when there is none; HomeError when its file is damaged."""
    path = seal_path(home.path, family)
    if not path.exists():
        return None
    try:
        return read_seal_object(read_file(path, MAX_SEAL_BYTES))
    except (MalformedError, TooLargeError) as error:
        raise HomeError(f"印章文件已损坏：{path}（{error}）", f"the seal file is damaged: {path}: {error}") from error


def seal_certificate(home: Home, family: str, at: datetime) -> Certificate:
    """Find the certificate that the home seals with in a family; errors of `keys` when it has none."""
    key = load_register(home).require_active(family, "seal", at)
    chain = chain_of(home, key)
    if chain is None:
        return custody_of(home).open_signer(key.uri).certificate
    # The certificate is enough: a device need not be at hand.
    return load_certificates(chain.read_bytes())[0]


def seal_signer(home: Home, family: str, at: datetime) -> Signer:
    """Open the key that the home seals with in a family."""
    key = load_register(home).require_active(family, "seal", at)
    return custody_of(home).open_signer(key.uri, chain_of(home, key))


def seal_certificates(home: Home, family: str, at: datetime) -> tuple[Certificate, ...]:
    """List the certificates of a family's seal keys that may be in use now or later: what a new seal has to name."""
    register = load_register(home)
    chains = [
        chain_of(home, key)
        for key in register.keys
        if (key.family, key.role) == (family, "seal") and register.state(key, at) is not KeyState.RETIRED
    ]
    return tuple(load_certificates(chain.read_bytes())[0] for chain in chains if chain is not None and chain.exists())


def picture_of(picture: SealPicture) -> SesPicture:
    """Draw a picture as the PNG that a seal object holds; takes half a second."""
    return SesPicture(
        type="PNG", data=seal_png(picture, dpi=SEAL_DPI), width=round(picture.width), height=round(picture.height)
    )


def development_seal(signer: Signer, name: str, *, at: datetime, random: Callable[[int], bytes]) -> bytes:
    """Make the round seal of a new development home; it says in its centre what it is."""
    return make_development_seal(signer, _development_picture(name), name=name, at=at, random=random)


@lru_cache(maxsize=1)  # a new home has seals of two families with one picture
def _development_picture(name: str) -> SesPicture:
    from licences import shipped_font

    return picture_of(draw_round_seal(FontChain([shipped_font()]), name, centre_line=DEVELOPMENT_LINE))


def make_development_seal(
    signer: Signer,
    picture: SealPicture | SesPicture,
    *,
    name: str,
    kind: int = ORGANISATION,
    others: Sequence[Certificate] = (),
    at: datetime,
    random: Callable[[int], bytes],
) -> bytes:
    """Make a seal for `signer` by its own key: self-made, so for development only.

    `others` may use it too. It is valid from `at` to the end of the certificate. The caller sees to it that this is a
    development home: in all others seals come from an approved maker. Errors as `esign.make_seal_object`.
    """
    if isinstance(picture, SealPicture):
        picture = picture_of(picture)
    at = at.replace(microsecond=0)
    return make_seal_object(
        identifier=f"DEV{int.from_bytes(random(5), 'big'):013d}",
        name=name,
        kind=kind,
        picture=picture,
        permitted=(signer.certificate, *(one for one in others if one != signer.certificate)),
        valid_from=at,
        valid_to=signer.certificate.not_after,
        maker=signer,
        vendor=DEVELOPMENT_VENDOR,
        at=at,
    )
