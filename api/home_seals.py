"""The home's seals, ready to seal with."""

import os
import threading
from collections.abc import Callable, Mapping
from functools import cached_property

from esign import FontChain, HttpTimestamper, Seal, SealObject, SealPicture, Timestamper, draw_round_seal
from keys import Endpoint, Signer
from licences import AuthoritySeal, AwaitedSeal, SealingKeys

from .errors import HomeError
from .home import Home
from .open_keys import OpenKeys
from .seals import DEVELOPMENT_LINE, read_home_seal, seal_path
from .watching import stamp


class HomeSeals:
    """The seals of the authority by family, each with its key, picture and timestamp authority, as they are now."""

    def __init__(self, home: Home, keys: OpenKeys, fonts: Callable[[], FontChain]) -> None:
        self._home = home
        self._keys = keys
        self._fonts = fonts
        self._lock = threading.Lock()
        self._seals: dict[str, tuple[object, AuthoritySeal]] = {}

    @cached_property
    def timestampers(self) -> Mapping[str, Timestamper]:
        """The timestamp authorities of the settings, by the algorithm of the seals that they are for."""
        settings = self._home.settings
        return {
            family: HttpTimestamper(endpoint=Endpoint(url=url, timeout=settings.timestamp_seconds), random=os.urandom)
            for family, url in settings.timestamps.items()
        }

    def of(self, family: str) -> AuthoritySeal:
        """Give the home's seal of a family, ready to seal with; the errors of `Services.issuer_for`."""
        signers = self._keys.signers(family)
        if not signers:
            raise HomeError(f"没有 {family} 印章密钥。", f"there is no seal key of the family {family}")
        state = (signers["seal"], stamp(seal_path(self._home.path, family)))
        with self._lock:
            kept = self._seals.get(family)
            if kept is None or kept[0] != state:
                # Its picture is read in a process of its own, which takes a third of a second.
                kept = self._seals[family] = state, self._make(family, signers["seal"])
            return kept[1]

    def sealing_keys(
        self, signers: Mapping[str, Mapping[str, Signer]], awaited: tuple[AwaitedSeal, ...]
    ) -> SealingKeys:
        """Give what a licence is sealed with: signers by family and role, and the seals of others that come later."""
        first = next(iter(signers.values()))
        return SealingKeys(
            seals=tuple(self._make(family, roles["seal"]) for family, roles in signers.items()),
            code_signer=first["code"],
            awaited=awaited,
        )

    def _make(self, family: str, signer: Signer) -> AuthoritySeal:
        name = signer.certificate.subject.organization
        if name is None:
            raise HomeError("印章证书没有写明机构。", "the certificate of the seal names no organisation")
        seal_object = read_home_seal(self._home, family)
        if self._home.settings.production and seal_object is not None:
            _require_made_by_maker(seal_object, family)
        if seal_object is None and self._home.settings.production:
            raise HomeError(
                f"没有 {family} 电子印章；请先运行 elicence seal import。",
                f"there is no electronic seal for {family}: run elicence seal import first",
            )
        picture = seal_object.appearance() if seal_object is not None else _picture(self._fonts(), name, signer)
        setting = self._home.settings.keys.get((family, "seal"))
        elsewhere = setting is not None and setting.gives != "signature"
        return AuthoritySeal(
            seal=Seal(name=name, picture=picture, signer=signer),
            seal_object=seal_object,
            timestamper=self.timestampers.get(family),
            service=self._keys.custody.open_remote_seal(setting.uri) if setting is not None and elsewhere else None,
            whole_file=setting is not None and setting.gives == "file",
        )


def _picture(fonts: FontChain, name: str, signer: Signer) -> SealPicture:
    """Draw the round seal; one of a development PKI says so in its centre."""
    return draw_round_seal(fonts, name, centre_line=DEVELOPMENT_LINE if signer.certificate.is_development else "")


def _require_made_by_maker(seal: SealObject, family: str) -> None:
    if seal.permits(seal.maker_certificate()):
        raise HomeError(
            f"{family} 电子印章是自制的，生产环境须用制章机构制作的印章；请运行 elicence seal import。",
            f"the electronic seal for {family} is self-made; production needs one of a maker: elicence seal import",
        )
