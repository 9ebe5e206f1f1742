"""Paper licences that exist already (存量), and paper that still comes (增量): from registers to e-licences."""

from .batch import MAX_FINDINGS, STRAY_LINE, ConversionBatch, ConversionStore, RowOutcome, RowState
from .converting import ConvertingOffice, RowConverter, require_checker
from .findings import Advice, Finding, finding
from .mapping import RowsMapping, StockMapping, mapping_from
from .memory_batch import MemoryConversions
from .plan import PlannedRow, StockPlan, StockRegister, contradictions, open_register, plan_stock
from .report import REPORT_HEADER, report_csv
from .rows import PaperRow
from .scans import MAX_SCAN_BYTES, index_scans, scan_key
from .sheet import MAX_REGISTER_BYTES
from .survey import StockProblem, Survey, survey_stock
from .trust import TRUST_RULES, TrustRule

__all__ = [
    "MAX_FINDINGS",
    "MAX_REGISTER_BYTES",
    "MAX_SCAN_BYTES",
    "REPORT_HEADER",
    "STRAY_LINE",
    "TRUST_RULES",
    "Advice",
    "ConversionBatch",
    "ConversionStore",
    "ConvertingOffice",
    "Finding",
    "MemoryConversions",
    "PaperRow",
    "PlannedRow",
    "RowConverter",
    "RowOutcome",
    "RowState",
    "RowsMapping",
    "StockMapping",
    "StockPlan",
    "StockProblem",
    "StockRegister",
    "Survey",
    "TrustRule",
    "contradictions",
    "finding",
    "index_scans",
    "mapping_from",
    "open_register",
    "plan_stock",
    "report_csv",
    "require_checker",
    "scan_key",
    "survey_stock",
]
