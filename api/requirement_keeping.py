"""Keeping a version of an item: in the home, in the running process, and in the trail."""

from datetime import datetime

from licences.access import Caller
from licences.sharing import ServiceItem
from licences.supervision import TrailEntry, TrailKind

from .requirement_items import add_item
from .wiring import Services


def keep_item(services: Services, by: Caller | None, data: bytes, *, at: datetime) -> tuple[ServiceItem, bool]:
    """Keep an item file for a caller, or for whoever works on this machine; errors and answer of `add_item`."""
    item, new = add_item(services.home, data, services.catalogue)
    if new:
        services.follow_items()
        services.trail.record(
            TrailEntry(
                kind=TrailKind.OPERATION,
                at=at,
                done=True,
                details={"what": "item", "item": item.code, "version": str(item.version)},
            ).by(by)
        )
    return item, new
