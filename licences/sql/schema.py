"""The whole schema of the store's database: every module with tables is named here, and the newest migration."""

from . import licence_tables, review_tables
from .metadata import metadata

SCHEMA_REVISION = "0010"
"""The newest migration; a database of another revision is not ready for this program."""

__all__ = ["SCHEMA_REVISION", "licence_tables", "metadata", "review_tables"]
