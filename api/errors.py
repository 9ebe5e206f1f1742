"""What goes wrong between people and the packages below: command line, files, settings, home, network."""

from dataclasses import dataclass

from .messages import Message


class ApiError(Exception):
    """Base of every error of this package; carries what people are told."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.message = Message(zh=zh, en=en)


class UsageError(ApiError):
    """The command line or request asks for something that does not exist or contradicts itself."""


class MalformedInputError(ApiError):
    """The input was read but is not what it has to be, for instance no JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyFault:
    """One thing that is wrong with the form of a request."""

    pointer: str
    """JSON pointer (RFC 6901)."""
    code: str
    message: Message


class InvalidBodyError(ApiError):
    """A request of the wrong form, with every fault."""

    def __init__(self, faults: tuple[BodyFault, ...]) -> None:
        super().__init__(f"请求有 {len(faults)} 处不对。", f"{len(faults)} fault(s) in the request")
        self.faults = faults


class InputTooLargeError(ApiError):
    """The input exceeds a named limit and was not read to its end."""


class InputNotFoundError(ApiError):
    """No such file, or it cannot be read."""


class LicenceUnknownError(ApiError):
    """No licence with that identifier, or no such file of it."""


class CannotWriteError(ApiError):
    """Disk full, read-only, or something stands in the way."""


class BusyError(ApiError):
    """Somebody else is doing this now: trying again later helps."""


class HomeError(ApiError):
    """The home directory is missing, damaged, or not ours."""


class SettingsError(ApiError):
    """A setting has a value that cannot be used."""


class ServiceUnavailableError(ApiError):
    """Something that is needed does not answer, for instance the port is taken."""


class ClockError(ApiError):
    """The clock of this machine shows a time that cannot be right."""


class UnsupportedMediaError(ApiError):
    """A request body of a media type that is not read."""


class ForbiddenError(ApiError):
    """The request came by a way on which this service is not offered."""


class RateLimitedError(ApiError):
    """Too many requests from one address, or about one code."""

    def __init__(self, zh: str, en: str, *, seconds: int = 60) -> None:
        """`seconds` say when to try again."""
        super().__init__(zh, en)
        self.seconds = seconds


class OverloadedError(ApiError):
    """More requests at once than are served: trying again soon helps."""

    def __init__(self, zh: str, en: str, *, seconds: int) -> None:
        """`seconds` say when to try again."""
        super().__init__(zh, en)
        self.seconds = seconds


class HeadTooLargeError(ApiError):
    """A request with more header fields than are read."""


class InsecureWayError(ForbiddenError):
    """What is not for the public was asked for over a connection that others can read."""


class RefusalNotNeededError(ApiError):
    """A refusal slip was asked for where nothing was refused that could have been taken."""


class SealNotTakenError(ApiError):
    """An electronic seal is not taken in; the message says what is wrong with it."""


class SelfCheckError(ApiError):
    """Our own verifier did not pass what we had just made: nothing was stored."""


class TooSlowError(ApiError):
    """The client stopped sending in the middle of a request."""


class ConversionStoppedError(ApiError):
    """A worker met something that is not one row's fault; it carries the answer that this has in itself."""

    def __init__(self, message: Message, code: str, exit_code: int) -> None:
        super().__init__(message.zh, message.en)
        self.code = code
        self.exit_code = exit_code


class BackupUnreadableError(ApiError):
    """A file of a backup that is none, is damaged or cut off, or does not open with the key that was given."""


class TokenRefusedError(ApiError):
    """A token of an identity provider is not what it has to be; the message says what is wrong, never what is in it."""


class ProviderFailedError(ServiceUnavailableError):
    """An identity provider cannot be reached, or answers with something else than it should."""


class ProviderClockError(ProviderFailedError):
    """A token that was made this moment is too old or not valid yet: one of the two clocks is wrong."""


class LoginRefusedError(ApiError):
    """Somebody was not logged in: the provider, or the person, said no."""


class AssuranceTooLowError(LoginRefusedError):
    """The provider is less sure who somebody is than our settings demand."""


class StaffUnknownError(LoginRefusedError):
    """The provider knows a member of staff whom nobody has entered here."""


class LoginStaleError(LoginRefusedError):
    """A login that was not begun in this browser, or too long ago, or was ended before."""


class LoginNotSetUpError(ApiError):
    """Nobody of this kind logs in here: the settings name no provider."""


class LoginNeededError(ApiError):
    """A page for people who have logged in was asked for by somebody who has not, or no longer."""
