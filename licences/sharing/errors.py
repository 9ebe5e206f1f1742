"""What goes wrong when licences take the place of materials, or are shared with other platforms."""

from licences.errors import LicencesError


class SharingError(LicencesError):
    """Base of the errors of sharing."""


class ItemUnknownError(SharingError):
    """The catalogue has no service item with this code, or none for this day."""

    def __init__(self) -> None:
        super().__init__("ITEM_UNKNOWN")


class ItemVersionTakenError(SharingError):
    """Another file describes this version of the item already."""

    def __init__(self) -> None:
        super().__init__("ITEM_VERSION_TAKEN")


class PredicateUnknownError(SharingError):
    """The item allows no such question."""

    def __init__(self) -> None:
        super().__init__("PREDICATE_UNKNOWN")


class SourceUnavailableError(SharingError):
    """A licence source elsewhere gave no answer that can be used; the message holds nothing of what it answered."""

    source: str

    def __init__(self, source: str) -> None:
        super().__init__("SOURCE_UNAVAILABLE", source=source)
        self.source = source
