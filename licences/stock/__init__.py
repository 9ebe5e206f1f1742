"""Paper licences that exist already (存量), and paper that still comes (增量): from registers to e-licences."""

from .batch import MAX_FINDINGS, STRAY_LINE, Batch, ConversionStore, RowOutcome, RowState
from .converting import Office, RowConverter
from .findings import Advice, Finding, finding
from .mapping import RowsMapping, StockMapping, mapping_from
from .memory_batch import MemoryConversions
from .plan import Plan, PlannedRow, Register, contradictions, open_register, plan_stock
from .report import REPORT_HEADER, report_csv
from .rows import PaperRow
from .scans import MAX_SCAN_BYTES, index_scans, scan_key
from .sheet import MAX_FILE_BYTES
from .survey import Problem, Survey, labels_of, survey_stock
from .trust import TRUST_RULES, TrustRule

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_FINDINGS",
    "MAX_SCAN_BYTES",
    "REPORT_HEADER",
    "STRAY_LINE",
    "TRUST_RULES",
    "Advice",
    "Batch",
    "ConversionStore",
    "Finding",
    "MemoryConversions",
    "Office",
    "PaperRow",
    "Plan",
    "PlannedRow",
    "Problem",
    "Register",
    "RowConverter",
    "RowOutcome",
    "RowState",
    "RowsMapping",
    "StockMapping",
    "Survey",
    "TrustRule",
    "contradictions",
    "finding",
    "index_scans",
    "labels_of",
    "mapping_from",
    "open_register",
    "plan_stock",
    "report_csv",
    "scan_key",
    "survey_stock",
]
