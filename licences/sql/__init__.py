"""The store's adapters for SQL databases: SQLite and PostgreSQL."""

from .database import is_current, upgrade
from .licence_store import SqlStore

__all__ = ["SqlStore", "is_current", "upgrade"]
