"""What goes wrong when somebody asks for access."""

from licences.errors import LicencesError


class AccessError(LicencesError):
    """Base of the errors of access."""


class NotAllowedError(AccessError):
    """The caller is known, but may not do this."""

    def __init__(self) -> None:
        super().__init__("NOT_ALLOWED")
