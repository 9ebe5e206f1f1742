"""A licence of the store as a value again, so that it can be drawn once more."""

from urllib.parse import urlsplit

from esign import structured_from_bytes

from .catalogue import Catalogue
from .convert import licence_from_paper, licence_from_stock, type_on_issue
from .electronic import paper_from
from .face_parts import Marks
from .model import Licence
from .store import LicenceStore, Record


def stored_licence(store: LicenceStore, catalogue: Catalogue, record: Record) -> tuple[Licence, Marks]:
    """Return the licence that a record is of, and what its face bears besides.

    Raises:
        UnknownTypeError: the type is not in the catalogue any more.
        StoreUnavailableError: the file cannot be had.
    """
    structured = structured_from_bytes(store.file(record, "json"))
    data = paper_from(structured, catalogue.get(record.type_code))
    licence_type = type_on_issue(catalogue, record.type_code, data)
    if structured.origin.kind == "native":
        licence = licence_from_paper(licence_type, data)
    else:
        licence, _ = licence_from_stock(licence_type, data)
    address = urlsplit(record.verify_url)
    marks = Marks(
        identifier=record.identifier,
        code_address=record.verify_url,
        short_code=record.short_code,
        public_url=f"{address.scheme}://{address.netloc}",
        development=structured.development,
        local=address.hostname in ("127.0.0.1", "localhost", "::1"),
        origin=structured.origin,
        attachments=structured.attachments,
    )
    return licence, marks
