"""The store's adapters for SQL databases: SQLite and PostgreSQL."""

from .case_store import SqlCases
from .change_store import SqlChanges
from .client_store import SqlClients
from .code_store import SqlUseCodes
from .collection_store import SqlCollectionStore
from .conversion_store import SqlConversions
from .copy_store import SqlCopyStore
from .forgery_store import SqlForgeryReports
from .forms_store import SqlForms
from .holder_store import SqlHolderLinks
from .impact_store import SqlImpacts
from .issue_batch_store import SqlIssueBatches
from .licence_store import SqlStore
from .mandate_store import SqlMandates
from .number_columns import FIRST_PROTECTED_REVISION, may_protect_in
from .oversight_store import SqlOversight
from .reencryption import ColumnTally, Reencryption
from .review_store import SqlDraftStore
from .revisions import SchemaState, is_current, schema_state, upgrade
from .session_store import SqlSessions
from .snapshot import kept_files, load_snapshot, sampled, write_snapshot
from .status_store import SqlListedLives
from .trail_chain_store import SqlTrailChain
from .trail_check_store import trail_rows
from .trail_store import SqlTrail
from .webhook_store import SqlWebhooks

__all__ = [
    "FIRST_PROTECTED_REVISION",
    "ColumnTally",
    "Reencryption",
    "SchemaState",
    "SqlCases",
    "SqlChanges",
    "SqlClients",
    "SqlCollectionStore",
    "SqlConversions",
    "SqlCopyStore",
    "SqlDraftStore",
    "SqlForgeryReports",
    "SqlForms",
    "SqlHolderLinks",
    "SqlImpacts",
    "SqlIssueBatches",
    "SqlListedLives",
    "SqlMandates",
    "SqlOversight",
    "SqlSessions",
    "SqlStore",
    "SqlTrail",
    "SqlTrailChain",
    "SqlUseCodes",
    "SqlWebhooks",
    "is_current",
    "kept_files",
    "load_snapshot",
    "may_protect_in",
    "sampled",
    "schema_state",
    "trail_rows",
    "upgrade",
    "write_snapshot",
]
