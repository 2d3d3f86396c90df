"""models/card.md: what a reviewer reads in a diff; the same model gives the same bytes."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from mainline.report.baselines import baselines
from mainline.report.bootstrap import Interval, estimates
from mainline.report.classes import class_rows
from mainline.report.compare import Comparison, compare, label_text
from mainline.report.markdown import code, plain, table
from mainline.report.side import Column, Side
from mainline.report.slices import require_columns, slice_table
from mainline.report.text import DASH, plural

if TYPE_CHECKING:
    from mainline.report.fairness import Fairness

_COLUMNS_SHOWN = 40
_CLASSES_SHOWN = 200
_REPRODUCE = "`mainline lock` builds this model and writes this card; the same inputs give the same bytes."
_UNSAID = "Not stated yet."
_DEV_ONLY = (
    "Every figure but those under Baselines and Diagnosis is from the dev set, with 95% bootstrap intervals; "
    "none is from the sealed test set."
)
_LEVELS = {"minimum": 0.0, "lower quartile": 0.25, "median": 0.5, "upper quartile": 0.75, "maximum": 1.0}


def rounded(value: float) -> str:
    """Four digits: four decimals below 10, fewer above; a plain minus, so that a diff can be searched."""
    if not math.isfinite(value):
        return DASH
    places = 4 if abs(value) < 10 else max(0, 3 - math.floor(math.log10(abs(value))))
    text = f"{value:.{places}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _range(value: Interval) -> str:
    return f"{rounded(value.low)} to {rounded(value.high)}" if math.isfinite(value.low) else DASH


def _prose(text: str) -> str:
    paragraphs = [plain(part, 10_000) for part in text.split("\n\n")]
    return "\n\n".join(part for part in paragraphs if part) or _UNSAID


def _fact(column: Column) -> tuple[str, ...]:
    if column.kind == "categorical":
        shown = ", ".join(code(name, 30) for name in column.categories[:8])
        values = f"{shown} and {len(column.categories) - 8} more" if len(column.categories) > 8 else shown
    elif column.minimum is None or column.maximum is None:
        values = DASH
    else:
        values = f"{_end(column.minimum)} to {_end(column.maximum)}"
    missing = DASH if column.missing is None else f"{column.missing:.1%}"
    return code(column.name, 60), column.kind, values or DASH, missing


def _end(value: float | str) -> str:
    return code(value[:10]) if isinstance(value, str) else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _target(side: Side, c: Comparison) -> str:
    parts = [("dev", side.dev)] if side.train is None else [("train", side.train), ("dev", side.dev)]
    columns = [table_[side.signature.target] for _, table_ in parts]
    if c.task == "regression":
        rows = [
            (name, *(rounded(float(np.quantile(column, level))) for column in columns))
            for name, level in _LEVELS.items()
        ]
        return table(("target", *(name for name, _ in parts)), rows)
    counts = [Counter(column.map(label_text)) for column in columns]
    shares = [
        (
            code(name, 60),
            *(f"{count[name]:,} ({count[name] / max(count.total(), 1):.1%})" for count in counts),
        )
        for name in c.classes[:_CLASSES_SHOWN]
    ]
    return table(("class", *(name for name, _ in parts)), shares)


def _data(side: Side, c: Comparison) -> str:
    kinds = Counter(column.kind for column in side.signature.columns)
    said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    dev = plural(len(side.dev), "dev row")
    lines = [
        f"{plural(side.signature.rows, 'training row')}, {dev}; columns: {said or 'none'}.",
        _target(side, c),
    ]
    if len(side.signature.columns) <= _COLUMNS_SHOWN:
        facts = [_fact(column) for column in side.signature.columns]
        lines.append(table(("column", "kind", "in training", "missing"), facts, words=3))
    return "\n\n".join(lines)


def _metrics(c: Comparison) -> str:
    names = {e: e.metric.name + ("" if e.metric.higher_is_better else " (lower is better)") for e in estimates(c)}
    rows = [(name, rounded(e.challenger.value), _range(e.challenger)) for e, name in names.items()]
    return table(("metric", "value", "95% interval"), rows)


def _slices(side: Side, c: Comparison, names: Sequence[str]) -> str:
    found = slice_table(c, side.signature, names)
    rows = [
        (code(row.label, 80), f"{row.rows:,}", rounded(row.challenger.value), _range(row.challenger))
        for row in found.rows
        if row.declared
    ]
    return table((f"{found.metric} where", "rows", "value", "95% interval"), rows) if rows else ""


def _classes(c: Comparison) -> str:
    rows = [
        (code(row.name, 60), f"{row.rows:,}", *map(rounded, astuple(row.challenger)))
        for row in class_rows(c)[:_CLASSES_SHOWN]
    ]
    return table(("class", "dev rows", "precision", "recall", "F1"), rows) if rows else ""


def _fairness(side: Side, c: Comparison, names: Sequence[str]) -> str:
    # fairlearn takes seconds to import, and most projects name no sensitive column
    from mainline.report.fairness import FEW_ROWS, fairness
    from mainline.report.foretold import foretold

    parts = []
    for name in names:
        found = fairness(c, side.signature, name)
        parts += _groups(found)
        if any(count < FEW_ROWS for _, count, _ in found.groups):
            parts.append(f"Groups under {FEW_ROWS} rows say little.")
        if told := foretold(side, name):
            score = f"balanced accuracy {rounded(told.score)}, by chance {rounded(told.chance)}"
            said = f"The other columns foretell {code(name, 60)} ({score}), {code(told.most, 60)} most"
            parts.append(f"{said}: a model without it can still tell these groups apart.")
    for pair in combinations(names, 2):
        found = fairness(c, side.signature, *pair)
        parts += _groups(found) if len(found.groups) > 1 else []
    if c.task == "binary":
        parts.append(f"Selected means predicted {code(c.classes[c.positive], 60)}.")
    return "\n\n".join(parts)


def _groups(found: "Fairness") -> list[str]:
    """A table of groups with the widest gaps, and what sums them up."""
    rows = [(code(group, 60), f"{count:,}", *map(rounded, scores)) for group, count, scores in found.groups]
    rows.append(("widest gap", "", *map(rounded, found.gaps)))
    rows.append(("its 95% interval", "", *map(_range, found.intervals)))
    made = table((code(found.column, 120), "dev rows", *found.scores), rows)
    return [made, *(f"{title}: {rounded(value)}" for title, value in found.summary)]


def _baselines(side: Side, c: Comparison) -> str:
    rows = [
        (plain(b.name, 80), rounded(b.level.value), _range(b.level), b.measure, plain(b.rows, 80))
        for b in baselines(side, None, estimates(c))
    ]
    return table(("who", "level", "95% interval", "measure", "rows"), rows, words=1)


def _diagnosis(side: Side) -> str:
    checks = side.diagnosis.get("checks") or ()
    return "\n".join(f"- {plain(each['name'], 40)} ({each['state']}): {plain(each['said'], 400)}" for each in checks)


def card(
    side: Side,
    *,
    lineage: Mapping[str, str],
    searched: Sequence[str] = (),
    sensitive: Sequence[str] = (),
    slices: Sequence[str] = (),
    intended_use: str = "",
    limits: str = "",
) -> str:
    """The model card as Markdown.

    Raises ConfigError when `sensitive` or `slices` name a column the dev set does not have.
    """
    require_columns(side.dev, sensitive, "params.yaml: gate.sensitive")
    c = compare(replace(side, name="challenger"), None)
    estimator = code(side.signature.estimator, 120)
    facts = [(plain(key), code(str(value), 120)) for key, value in lineage.items()]
    sections = [
        ("Intended use", _prose(intended_use)),
        ("Data", _data(side, c)),
        ("Metrics", f"{_metrics(c)}\n\n{_DEV_ONLY}"),
        ("Baselines", _baselines(side, c)),
        ("Diagnosis", _diagnosis(side)),
        ("Search", " ".join(plain(line, 1000) for line in searched)),
        ("Slices", _slices(side, c, slices) if slices else ""),
        ("Classes", _classes(c)),
        ("Fairness", _fairness(side, c, sensitive) if sensitive else ""),
        ("Limits", _prose(limits)),
        ("Lineage", table(("what", "value"), facts, words=2) if facts else ""),
        ("Reproduce", _REPRODUCE),
    ]
    head = f"# Model card: {code(side.signature.target, 60)}\n\nA {side.signature.task} model, {estimator}."
    return "\n\n".join([head, *(f"## {title}\n\n{body}" for title, body in sections if body)]) + "\n"
