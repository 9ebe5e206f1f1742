"""Which licences somebody who has logged in may use, and on what ground each of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from licences.errors import InvalidHolderError
from licences.holder_files import FiledLicence, holder_file
from licences.holder_links import RELATIONS, HolderLink, HolderLinks, Reach, linked_codes
from licences.store import HolderKey, LicenceStore

from .callers import HolderIdentity
from .mandates import Mandate, Mandates
from .use_codes import Ground, UseMode

REPRESENTING: frozenset[str] = frozenset({"guardian", "representative"})
"""Relations by which somebody uses another's licences in that one's place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLicence:
    """A licence that somebody may use."""

    filed: FiledLicence
    holder: HolderKey = field(repr=False)
    """Kind and code under which it was found."""
    grounds: tuple[Ground, ...]
    """At least one: several mandates may cover a licence, each for another item."""

    def ground_for(self, item_code: str) -> Ground | None:
        """Return the ground on which it may be used for a service item; None when no mandate covers that."""
        return next((ground for ground in self.grounds if ground.item_code in ("", item_code)), None)


def own_licences(
    store: LicenceStore,
    links: HolderLinks,
    mandates: Mandates,
    holder: HolderIdentity,
    *,
    at: datetime,
    history: bool = False,
) -> tuple[OwnLicence, ...]:
    """Return what somebody may use: what is under his own codes, then by representation, then under mandates.

    A body that was split off sees the earlier body's licences in its file, but holds none of them: they are left out.
    With ``history`` versions that were replaced are in it, too.
    """
    found: dict[str, OwnLicence] = {}
    for one in _as_holder(store, links, (holder.kind, holder.code), at=at, history=history):
        found[one.filed.record.identifier] = one
    for mandate in mandates.of_agent((holder.kind, holder.code)):
        if not mandate.holds(at) or not mandate.names(holder):
            continue
        for one in _entrusted(store, links, mandate, at=at, history=history):
            identifier = one.filed.record.identifier
            before = found.get(identifier)
            if before is None:
                found[identifier] = one
            elif before.grounds[0].mode is UseMode.AGENT:
                grounds = (*before.grounds, *one.grounds)
                found[identifier] = OwnLicence(filed=before.filed, holder=before.holder, grounds=grounds)
    return tuple(sorted(found.values(), key=_order))


def own_keys(links: HolderLinks, holder: HolderIdentity) -> frozenset[HolderKey]:
    """Return the codes for which somebody may act: his own, and those of whom he represents."""
    start = holder.kind, holder.code
    acting = {(one.kind, one.code) for one in linked_codes(links, *start) if _ground(one.path) is not None}
    return frozenset({start, *acting})


def entrustable(store: LicenceStore, links: HolderLinks, key: HolderKey, *, at: datetime) -> tuple[OwnLicence, ...]:
    """Return what a holder may entrust others with: all that is his, not what he uses in another's place."""
    found = _as_holder(store, links, key, at=at, history=False)
    return tuple(one for one in found if one.grounds[0].mode is UseMode.HOLDER)


def _as_holder(
    store: LicenceStore, links: HolderLinks, key: HolderKey, *, at: datetime, history: bool
) -> Iterator[OwnLicence]:
    try:
        file = holder_file(store, links, *key, at=at, history=history)
    except InvalidHolderError:
        # A code that fails its checks, and nothing under it: the identity provider knows better than we do.
        return
    for one in file.licences:
        ground = _ground(one.path)
        if ground is not None:
            yield OwnLicence(filed=one, holder=_end(one.path, key), grounds=(ground,))


def _entrusted(
    store: LicenceStore, links: HolderLinks, mandate: Mandate, *, at: datetime, history: bool
) -> Iterator[OwnLicence]:
    ground = Ground(mode=UseMode.AGENT, mandate=mandate.id, matter=mandate.matter, item_code=mandate.item_code)
    for one in _as_holder(store, links, mandate.principal, at=at, history=history):
        # What the principal has as somebody's guardian is not the principal's to hand on.
        if one.grounds[0].mode is UseMode.HOLDER and mandate.covers(one.filed.record):
            yield OwnLicence(filed=one.filed, holder=one.holder, grounds=(ground,))


def _ground(path: Iterable[HolderLink]) -> Ground | None:
    others = [link.relation for link in path if RELATIONS[link.relation].reach is Reach.EARLIER_ONLY]
    if not others:
        return Ground(mode=UseMode.HOLDER)
    if set(others) <= REPRESENTING:
        return Ground(mode=UseMode.REPRESENTATIVE, relation=others[0])
    return None


def _end(path: Iterable[HolderLink], start: HolderKey) -> HolderKey:
    here = start
    for link in path:
        here = link.earlier if link.later == here else link.later
    return here


_MODES = (UseMode.HOLDER, UseMode.REPRESENTATIVE, UseMode.AGENT)


def _order(one: OwnLicence) -> tuple[int, bool]:
    return _MODES.index(one.grounds[0].mode), not one.filed.in_force
