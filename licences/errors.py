"""Errors of this package. Each carries a stable code with Chinese and English text from ``faults.FAULTS``."""

from typing import TYPE_CHECKING

from .faults import FAULTS

if TYPE_CHECKING:  # lifecycle and review raise our errors
    from .lifecycle import Action, Status
    from .review import DraftAct, DraftState


class LicencesError(Exception):
    """Base of all errors of this package."""

    code: str
    """Stable upper-case code, a key of ``FAULTS``."""
    zh: str
    en: str

    def __init__(self, code: str, **details: str | int) -> None:
        fault = FAULTS[code]
        self.code = code
        self.zh = fault.zh.format(**details)
        self.en = fault.en.format(**details)
        super().__init__(f"{code}: {self.en}")


class InvalidFieldError(LicencesError):
    """One field of the paper metadata is wrong or missing."""

    pointer: str
    """JSON pointer (RFC 6901) in the request, such as ``/data/certificateNumber``."""

    def __init__(self, pointer: str, code: str, **details: str | int) -> None:
        super().__init__(code, **details)
        self.pointer = pointer

    def __str__(self) -> str:
        return f"{self.pointer}: {super().__str__()}"


class UnprintableFieldError(InvalidFieldError):
    """A field holds a character that no installed font has."""

    def __init__(self, pointer: str, code_point: str) -> None:
        super().__init__(pointer, "UNPRINTABLE_CHARACTER", code_point=code_point)


class InvalidHolderError(LicencesError):
    """The kind of a holder code is unknown, or the code is not one of that kind."""


class InvalidIdentifierError(LicencesError):
    """A text is not a licence identifier after GB/T 36904, or its check character is wrong."""


class UnknownTypeError(LicencesError):
    """No licence type has this slug or code."""

    def __init__(self) -> None:
        super().__init__("UNKNOWN_TYPE")


class UnknownAlgorithmError(LicencesError):
    """The authority has no seal of this algorithm."""

    def __init__(self) -> None:
        super().__init__("UNKNOWN_ALGORITHM")


class CatalogueError(LicencesError):
    """A catalogue file does not describe a licence type."""

    problem: str
    """In English."""

    def __init__(self, problem: str) -> None:
        super().__init__("CATALOGUE_BROKEN", problem=problem)
        self.problem = problem


class LicenceNotFoundError(LicencesError):
    """The store has no licence with this identifier or short code."""

    def __init__(self) -> None:
        super().__init__("LICENCE_NOT_FOUND")


class CopyNotFoundError(LicencesError):
    """The store has no annotated copy with this serial."""

    def __init__(self) -> None:
        super().__init__("COPY_NOT_FOUND")


class ForgeryReportNotFoundError(LicencesError):
    """The store has no report of a forgery with this number."""

    def __init__(self) -> None:
        super().__init__("FORGERY_REPORT_NOT_FOUND")


class ForgeryReportClosedError(LicencesError):
    """The report of a forgery was closed before."""

    def __init__(self) -> None:
        super().__init__("FORGERY_REPORT_CLOSED")


class ForgeryReportsFullError(LicencesError):
    """So many reports of forgeries came in a day that no more are taken."""

    def __init__(self) -> None:
        super().__init__("FORGERY_REPORTS_FULL")


class CopyRefusedError(LicencesError):
    """The face of this licence cannot be drawn again as it was."""

    def __init__(self) -> None:
        super().__init__("COPY_FACE_LOST")


class ExportRefusedError(LicencesError):
    """A licence cannot be written in another form; the code says why."""


class LicenceInForceError(LicencesError):
    """Nothing was done to this licence for which those who relied on it would have to be told."""

    def __init__(self) -> None:
        super().__init__("LICENCE_IN_FORCE")


class RelianceKnownError(LicencesError):
    """A reliance of this kind and reference has been recorded before."""

    def __init__(self) -> None:
        super().__init__("RELIANCE_KNOWN")


class DuplicateNumberError(LicencesError):
    """The issuer has already issued a licence of this type with this number and version."""

    def __init__(self) -> None:
        super().__init__("DUPLICATE_NUMBER")


class AllotmentTakenError(LicencesError):
    """Identifier, short code or status index were taken meanwhile; making the licence again draws others."""

    def __init__(self) -> None:
        super().__init__("ALLOTMENT_TAKEN")


class FileChangedError(LicencesError):
    """Somebody else replaced the file of a licence meanwhile; trying again starts from the new one."""

    def __init__(self) -> None:
        super().__init__("FILE_CHANGED")


class ImpactListError(LicencesError):
    """A list of a drill was not made here, was changed, or is not to be acted on in this way."""


class IdempotencyMismatchError(LicencesError):
    """The idempotency key belongs to a request with another body."""

    def __init__(self) -> None:
        super().__init__("IDEMPOTENCY_MISMATCH")


class TransitionRefusedError(LicencesError):
    """The lifecycle has no way from this status by this action."""

    status: "Status | None"
    action: "Action"

    def __init__(self, status: "Status | None", action: "Action") -> None:
        super().__init__(
            "TRANSITION_REFUSED",
            status=status.zh if status else "未签发",
            action=action.zh,
            status_en=status.value if status else "not issued",
            action_en=action.value,
        )
        self.status = status
        self.action = action


class NotCompetentError(LicencesError):
    """The office may not do this act to this licence."""

    def __init__(self) -> None:
        super().__init__("NOT_COMPETENT")


class SuccessorInForceError(LicencesError):
    """A replaced licence is restored while the licence that took its place is in force: that one ends first."""

    def __init__(self) -> None:
        super().__init__("SUCCESSOR_IN_FORCE")


class DraftNotFoundError(LicencesError):
    """There is no draft with this number, or it has no such version."""

    def __init__(self) -> None:
        super().__init__("DRAFT_NOT_FOUND")


class DraftRefusedError(LicencesError):
    """The review has no way from this state by this act."""

    def __init__(self, state: "DraftState", act: "DraftAct") -> None:
        super().__init__("DRAFT_REFUSED", state=state.zh, act=act.zh, state_en=state.value, act_en=act.value)


class DraftFullError(LicencesError):
    """A draft was saved so often that no further version is kept."""

    def __init__(self, limit: int) -> None:
        super().__init__("DRAFT_FULL", limit=limit)


class DraftChangedError(LicencesError):
    """Somebody changed the draft meanwhile: what is to be approved or sealed is no longer what was looked at."""

    def __init__(self) -> None:
        super().__init__("DRAFT_CHANGED")


class SamePersonError(LicencesError):
    """Who has drafted or submitted it would check it."""

    def __init__(self) -> None:
        super().__init__("SAME_PERSON")


class ReviewRequiredError(LicencesError):
    """The licence type is issued from approved drafts only."""

    def __init__(self) -> None:
        super().__init__("REVIEW_REQUIRED")


class BatchNotFoundError(LicencesError):
    """There is no batch with this number."""

    def __init__(self) -> None:
        super().__init__("BATCH_NOT_FOUND")


class BatchChangedError(LicencesError):
    """The file of a batch comes out otherwise than when it was first written."""

    def __init__(self) -> None:
        super().__init__("BATCH_CHANGED")


class CollectionTakenError(LicencesError):
    """Somebody else has put these acts into a batch meanwhile."""

    def __init__(self) -> None:
        super().__init__("COLLECTION_TAKEN")


class StockFileError(LicencesError):
    """A register of paper licences cannot be read: another format, damaged, or over a limit."""


class StockMappingError(LicencesError):
    """The columns of a register, or what is said about them, do not fit the licence type."""


class ScanError(LicencesError):
    """A file is no scan of a paper licence: another format, damaged, or over a limit."""


class ConversionNotFoundError(LicencesError):
    """There is no conversion with this id."""

    def __init__(self) -> None:
        super().__init__("CONVERSION_NOT_FOUND")


class FormError(LicencesError):
    """A blank form is unknown, taken or misnamed."""


class StoreUnavailableError(LicencesError):
    """The store cannot do its work now; nothing was changed."""

    busy: bool
    """Locked by somebody else for longer than the time-out: trying again may help."""
    unwritable: bool
    """Read-only, no permission, or disk full."""

    def __init__(self, code: str = "STORE_UNAVAILABLE", **details: str | int) -> None:
        super().__init__(code, **details)
        self.busy = code == "STORE_BUSY"
        self.unwritable = code == "STORE_UNWRITABLE"


class IssueBatchNotFoundError(LicencesError):
    """There is no batch of licences to be issued with this id, or it is another client's."""

    def __init__(self) -> None:
        super().__init__("ISSUE_BATCH_NOT_FOUND")


class BatchesFullError(LicencesError):
    """So many items wait to be issued that no more are taken: trying again later helps."""

    waiting: int
    """How many."""

    def __init__(self, waiting: int, code: str = "BATCHES_FULL") -> None:
        super().__init__(code, waiting=waiting)
        self.waiting = waiting


class ClientBatchesFullError(BatchesFullError):
    """So many of them are this client's own."""

    def __init__(self, waiting: int) -> None:
        super().__init__(waiting, "CLIENT_BATCHES_FULL")


class DuplicateLinkError(LicencesError):
    """The same link between two holder codes is recorded already and was not withdrawn."""

    def __init__(self) -> None:
        super().__init__("DUPLICATE_LINK")


class LinkNotFoundError(LicencesError):
    """There is no link with this number, or it was withdrawn before."""

    def __init__(self) -> None:
        super().__init__("LINK_NOT_FOUND")


class ProtectedDataError(StoreUnavailableError):
    """A value or a file that is kept encrypted cannot be opened, or there is no key to close one with."""
