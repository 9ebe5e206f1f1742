"""What is said about conversions and surveys: as JSON, and to people."""

from collections import Counter
from collections.abc import Iterable, Mapping

from licences import (
    TRUST_RULES,
    ConversionBatch,
    LicenceType,
    RowOutcome,
    RowState,
    StockPlan,
    Survey,
)

from .columns import table
from .messages import moment_text

_SHOWN_PROBLEMS = 40
_KINDS = {True: "错误 error", False: "提示 warning"}


class Summary:
    """Counts over the outcomes of one batch."""

    def __init__(self, outcomes: Iterable[RowOutcome]) -> None:
        """Look at every outcome once."""
        self.states: Counter[RowState] = Counter()
        self.levels: Counter[str] = Counter()
        self.problems: Counter[tuple[str, str, str, bool]] = Counter()
        self._texts: dict[str, tuple[str, str]] = {}
        for outcome in outcomes:
            if outcome.line:
                self.states[outcome.state] += 1
                self.levels.update([outcome.trust_level] if outcome.trust_level else ())
            told = {(one.code, one.pointer, one.label, one.grave) for one in outcome.findings}
            self.problems.update(told)
            self._texts |= {one.code: (one.zh, one.en) for one in outcome.findings}

    def message(self, code: str) -> str:
        """Return what the report says of a code, in Chinese."""
        return self._texts[code][0]

    def problem_shapes(self) -> list[dict[str, object]]:
        """Return every kind of problem with the number of its rows, the most frequent first."""
        ordered = sorted(self.problems.items(), key=lambda one: (-one[1], one[0]))
        return [
            {
                "code": code,
                "pointer": pointer,
                "column": label,
                "kind": "error" if grave else "warning",
                "rows": rows,
                "message": dict(zip(("zh", "en"), self._texts[code], strict=True)),
            }
            for (code, pointer, label, grave), rows in ordered
        ]


def batch_shape(batch: ConversionBatch, states: Mapping[RowState, int]) -> dict[str, object]:
    """Return a batch and how far it is."""
    return {
        "id": batch.batch_id,
        "type": batch.type_slug,
        "dry_run": batch.dry_run,
        "operator": batch.operator,
        "checked_by": batch.checked_by,
        "total": batch.total,
        "done": sum(states.values()),
        "states": {state.value: states.get(state, 0) for state in RowState},
        "begun_at": batch.begun_at.isoformat(timespec="seconds"),
        "finished_at": None if batch.finished_at is None else batch.finished_at.isoformat(timespec="seconds"),
        "failure": batch.failure or None,
    }


def summary_shape(batch: ConversionBatch, summary: Summary) -> dict[str, object]:
    """Return a batch with what was found in it."""
    return {
        **batch_shape(batch, summary.states),
        "origin": "digitised",
        "trust_levels": {level: summary.levels[level] for level in TRUST_RULES},
        "problems": summary.problem_shapes(),
    }


def summary_text(batch: ConversionBatch, summary: Summary, licence_type: LicenceType) -> str:
    """Write the readable summary of a batch."""
    title = "试转换  dry run" if batch.dry_run else "纸质证照转换  conversion"
    lines = [
        f"{title}: {licence_type.name}（{batch.type_slug}）",
        f"批次  batch: {batch.batch_id}",
        f"开始  begun: {moment_text(batch.begun_at)}",
        f"经办  operator: {batch.operator or '–'}    核对  checked by: {batch.checked_by or '–'}",
        f"来源  origin: digitised 由纸质证照转换    共  rows: {batch.total}",
        "",
        states_text(summary.states),
    ]
    levels = [f"{level} {summary.levels[level]}（{TRUST_RULES[level].zh}）" for level in TRUST_RULES]
    lines += [f"可信等级  trust level {one}" for one in levels if not one[2:].startswith("0（")]
    problems = summary.problem_shapes()
    if problems:
        rows = [
            (
                str(one["rows"]),
                "错误 error" if one["kind"] == "error" else "提示 warning",
                str(one["column"]) or str(one["pointer"]) or "–",
                str(one["code"]),
                summary.message(str(one["code"])),
            )
            for one in problems[:_SHOWN_PROBLEMS]
        ]
        lines += ["", table(("行数 rows", "性质 kind", "栏目 column", "代码 code", "说明"), rows)]
    return "\n".join(lines)


def states_text(states: Mapping[RowState, int]) -> str:
    """Say how many rows are in each state."""
    return "  ".join(f"{state.zh} {state.value} {states[state]}" for state in RowState if states.get(state))


def survey_shape(survey: Survey, plan: StockPlan, licence_type: LicenceType) -> dict[str, object]:
    """Return a survey."""
    return {
        "type": licence_type.slug,
        "header_row": plan.columns.header_row,
        "columns": [
            {"key": key, "column": plan.columns.labels[key], "filled": survey.filled.get(key)}
            for key in plan.columns.places
        ],
        "ignored": list(plan.columns.ignored),
        "missing": list(plan.missing),
        "rows": survey.rows,
        "good": survey.good,
        "doubtful": survey.doubtful,
        "refused": survey.rows - survey.good - survey.twins,
        "twins": survey.twins,
        "contradictory": survey.contradictory,
        "stray": survey.stray,
        "in_force": survey.in_force,
        "ended": survey.ended,
        "scanned": survey.scanned,
        "issued_from": None if survey.oldest is None else survey.oldest.isoformat(),
        "issued_to": None if survey.newest is None else survey.newest.isoformat(),
        "years": {str(year): survey.years[year] for year in sorted(survey.years)},
        "holder_kinds": dict(survey.holder_kinds.most_common()),
        "historic_issuers": dict(survey.historic_issuers.most_common()),
        "trust_levels": {level: survey.trust_levels[level] for level in TRUST_RULES},
        "problems": [
            {
                "column": one.label,
                "pointer": one.pointer,
                "code": one.code,
                "kind": "error" if one.grave else "warning",
                "rows": one.rows,
                "first_row": one.first_line,
                "message": {"zh": one.zh, "en": one.en},
            }
            for one in survey.problems
        ],
    }


def survey_text(survey: Survey, plan: StockPlan, licence_type: LicenceType) -> str:
    """Write a survey for the people who keep the register."""
    share = f"{survey.good / survey.rows:.1%}" if survey.rows else "–"
    lines = [
        f"存量质量调查  survey: {licence_type.name}（{licence_type.slug}）",
        f"表头  header: 第 {plan.columns.header_row} 行 row    数据行  rows: {survey.rows}",
        f"可直接转换  good: {survey.good}（{share}），其中存疑 doubtful {survey.doubtful}",
        f"待改正  to be corrected: {survey.rows - survey.good - survey.twins}"
        f"    重复  twins: {survey.twins}    矛盾  contradictory: {survey.contradictory}"
        f"    游离明细  stray: {survey.stray}",
        f"颁发日期  issued: {survey.oldest or '–'} 至 to {survey.newest or '–'}"
        f"    有效期内  in force: {survey.in_force}    已过期  ended: {survey.ended}",
        f"有扫描件  scanned: {survey.scanned}    可达等级  trust levels within reach: "
        + ("、".join(f"{level} {rows}" for level, rows in sorted(survey.trust_levels.items())) or "–"),
    ]
    if survey.historic_issuers:
        issuers = "、".join(f"{name} {rows}" for name, rows in survey.historic_issuers.most_common(10))
        lines.append(f"历史颁发机构  historic issuers: {issuers}")
    if survey.holder_kinds:
        kinds = "、".join(f"{name} {rows}" for name, rows in survey.holder_kinds.most_common())
        lines.append(f"持证主体  holders: {kinds}")
    if plan.missing:
        lines.append(f"缺少的必填项  missing required fields: {'、'.join(plan.missing)}")
    if plan.columns.ignored:
        lines.append(f"未对应的列  columns not mapped: {'、'.join(plan.columns.ignored)}")
    columns = [(plan.columns.labels[key], key, *_filled(survey, key)) for key in plan.columns.places]
    lines += ["", table(("栏目 column", "项目 field", "有值 filled", "比例 share"), columns)]
    if survey.problems:
        rows = [
            (str(one.rows), _KINDS[one.grave], one.label or one.pointer or "–", one.code, f"{one.first_line}", one.zh)
            for one in survey.problems[:_SHOWN_PROBLEMS]
        ]
        header = ("行数 rows", "性质 kind", "栏目 column", "代码 code", "首见 first row", "说明")
        lines += ["", table(header, rows)]
    return "\n".join(lines)


def _filled(survey: Survey, key: str) -> tuple[str, str]:
    """Say how many rows have the field; of a column that stands for several fields nothing is counted."""
    rows = survey.filled.get(key)
    return ("–", "–") if rows is None else (str(rows), f"{rows / survey.rows:.0%}")
