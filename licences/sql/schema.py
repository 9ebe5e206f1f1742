"""The whole schema of the store's database: every module with tables is named here, and the newest migration."""

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

SCHEMA_REVISION = "0018"
"""The newest migration that this program needs. Those after it wait until no older program is left (``revisions``)."""

__all__ = [
    "SCHEMA_REVISION",
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
