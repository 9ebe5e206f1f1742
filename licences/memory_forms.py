"""The register of forms in memory, for tests; it keeps the promises of ``forms.FormRegister``."""

from .errors import FormError
from .forms import FormBatch, FormEntry, check_entry


class MemoryForms:
    """See ``forms.FormRegister``; it does not know which licences exist."""

    def __init__(self) -> None:
        self._batches: list[FormBatch] = []
        self._entries: list[FormEntry] = []

    def receive(self, batch: FormBatch) -> None:
        """See ``forms.FormRegister``."""
        if any(batch.meets(other) for other in self._batches):
            raise FormError("FORM_RANGE_TAKEN")
        self._batches.append(batch)

    def record(self, entry: FormEntry) -> None:
        """See ``forms.FormRegister``."""
        earlier = [one for one in self.entries(entry.type_code) if one.serial == entry.serial]
        check_entry(entry, self.batches(entry.type_code), earlier)
        self._entries.append(entry)

    def entries(self, type_code: str) -> tuple[FormEntry, ...]:
        """See ``forms.FormRegister``."""
        return tuple(one for one in self._entries if one.type_code == type_code)

    def batches(self, type_code: str) -> tuple[FormBatch, ...]:
        """See ``forms.FormRegister``."""
        found = (one for one in self._batches if one.type_code == type_code)
        return tuple(sorted(found, key=lambda one: (one.first.prefix, one.first.number)))
