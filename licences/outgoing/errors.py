"""What goes wrong with what is told to other systems."""

from licences.errors import LicencesError


class OutgoingError(LicencesError):
    """Base of the errors of feeds and webhooks."""


class CursorLostError(OutgoingError):
    """The act up to which a reader has read is not here: the store was restored to an earlier state."""

    def __init__(self) -> None:
        super().__init__("CURSOR_LOST")


class WebhookNotFoundError(OutgoingError):
    """There is no webhook with this id, or it is another client's."""

    def __init__(self) -> None:
        super().__init__("WEBHOOK_NOT_FOUND")


class TooManyWebhooksError(OutgoingError):
    """The client has as many webhooks as a client may have."""

    def __init__(self, limit: int) -> None:
        super().__init__("TOO_MANY_WEBHOOKS", limit=limit)
