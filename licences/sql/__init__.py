"""The store's adapters for SQL databases: SQLite and PostgreSQL."""

from .collection_store import SqlCollectionStore
from .conversion_store import SqlConversions
from .copy_store import SqlCopyStore
from .forgery_store import SqlForgeryReports
from .forms_store import SqlForms
from .holder_store import SqlHolderLinks
from .impact_store import SqlImpacts
from .licence_store import SqlStore
from .number_columns import FIRST_PROTECTED_REVISION, may_protect_in
from .reencryption import ColumnTally, Reencryption
from .review_store import SqlDraftStore
from .revisions import SchemaState, is_current, schema_state, upgrade
from .status_store import SqlListedLives

__all__ = [
    "FIRST_PROTECTED_REVISION",
    "ColumnTally",
    "Reencryption",
    "SchemaState",
    "SqlCollectionStore",
    "SqlConversions",
    "SqlCopyStore",
    "SqlDraftStore",
    "SqlForgeryReports",
    "SqlForms",
    "SqlHolderLinks",
    "SqlImpacts",
    "SqlListedLives",
    "SqlStore",
    "is_current",
    "may_protect_in",
    "schema_state",
    "upgrade",
]
