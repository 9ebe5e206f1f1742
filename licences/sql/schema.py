"""The whole schema of the store's database: every module with tables is named here."""

from . import (
    case_tables,
    client_tables,
    collection_tables,
    conversion_tables,
    copy_tables,
    forgery_tables,
    forms_tables,
    holder_tables,
    impact_tables,
    issue_batch_tables,
    licence_tables,
    review_tables,
    revision_tables,
    session_tables,
    trail_tables,
    use_tables,
    webhook_tables,
)
from .metadata import metadata

__all__ = [
    "case_tables",
    "client_tables",
    "collection_tables",
    "conversion_tables",
    "copy_tables",
    "forgery_tables",
    "forms_tables",
    "holder_tables",
    "impact_tables",
    "issue_batch_tables",
    "licence_tables",
    "metadata",
    "review_tables",
    "revision_tables",
    "session_tables",
    "trail_tables",
    "use_tables",
    "webhook_tables",
]
