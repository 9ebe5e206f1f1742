"""The store's adapters for SQL databases: SQLite and PostgreSQL."""

from .collection_store import SqlCollectionStore
from .licence_store import SqlStore
from .number_columns import FIRST_PROTECTED_REVISION
from .review_store import SqlDraftStore
from .revisions import SchemaState, is_current, schema_state, upgrade

__all__ = [
    "FIRST_PROTECTED_REVISION",
    "SchemaState",
    "SqlCollectionStore",
    "SqlDraftStore",
    "SqlStore",
    "is_current",
    "schema_state",
    "upgrade",
]
