"""The store's adapters for SQL databases: SQLite and PostgreSQL."""

from .licence_store import SqlStore
from .revisions import SchemaState, is_current, schema_state, upgrade

__all__ = ["SchemaState", "SqlStore", "is_current", "schema_state", "upgrade"]
