"""What goes wrong in supervision."""

from licences.errors import LicencesError


class SupervisionError(LicencesError):
    """Base of the errors of supervision."""


class CaseNotFoundError(SupervisionError):
    """There is no case with this number, or none that the caller may see."""

    def __init__(self) -> None:
        super().__init__("CASE_NOT_FOUND")


class CaseClosedError(SupervisionError):
    """The case was closed before."""

    def __init__(self) -> None:
        super().__init__("CASE_CLOSED")


class CaseKnownError(SupervisionError):
    """There is a case about this report of a forgery already."""

    def __init__(self) -> None:
        super().__init__("CASE_KNOWN")


class CaseFullError(SupervisionError):
    """The case has so many steps that no more are taken."""

    def __init__(self, limit: int) -> None:
        super().__init__("CASE_FULL", limit=limit)


class CasesFullError(SupervisionError):
    """So many cases of one holder are open that no more are taken."""

    def __init__(self, limit: int) -> None:
        super().__init__("CASES_FULL", limit=limit)
