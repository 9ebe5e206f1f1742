"""What goes wrong when somebody asks for access."""

from licences.errors import LicencesError


class AccessError(LicencesError):
    """Base of the errors of access."""


class UnauthenticatedError(AccessError):
    """Nobody that is known: no proof, an unknown one, or one that is no longer good. The caller is not told which."""

    def __init__(self) -> None:
        super().__init__("UNAUTHENTICATED")


class NotAllowedError(AccessError):
    """The caller is known, but may not do this."""

    def __init__(self) -> None:
        super().__init__("NOT_ALLOWED")


class ClientUnknownError(AccessError):
    """No client has this name, or this proof."""

    def __init__(self) -> None:
        super().__init__("CLIENT_UNKNOWN")


class ClientExistsError(AccessError):
    """Another client has this name."""

    def __init__(self) -> None:
        super().__init__("CLIENT_EXISTS")


class ProofTakenError(AccessError):
    """A certificate or subject proves another client already."""

    def __init__(self) -> None:
        super().__init__("PROOF_TAKEN")


class ClientAlteredError(AccessError):
    """What the database holds of a client was not written by this program."""

    def __init__(self) -> None:
        super().__init__("CLIENT_ALTERED")
