"""Supervision of what is done with licences: the trail of every issue, read, verification and change."""

from .entry_texts import entry_from, text_of
from .trail import NumberedEntry, Trail, TrailEntry, TrailKind, TrailQuestion

__all__ = ["NumberedEntry", "Trail", "TrailEntry", "TrailKind", "TrailQuestion", "entry_from", "text_of"]
