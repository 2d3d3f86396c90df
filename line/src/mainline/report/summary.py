"""The first paragraph of a report, and the small facts beside the metrics: cost, and what the pipeline recorded."""

from dataclasses import dataclass

from mainline.report.bootstrap import Estimate
from mainline.report.compare import Comparison
from mainline.report.disagreement import CHALLENGER_RIGHT, CHAMPION_RIGHT, Disagreement
from mainline.report.side import Side
from mainline.report.text import DASH, bracket, decimals, figure, plural, seconds, size


@dataclass(frozen=True)
class Cost:
    """One price of a model, for each side, and how many times the champion's the challenger's is."""

    name: str
    champion: str
    challenger: str
    ratio: str


def places(estimate: Estimate) -> int:
    """The decimals one metric's line is printed with."""
    return decimals(estimate.challenger.value, estimate.metric.bounded)


def change_text(estimate: Estimate) -> str:
    """The signed difference with its interval; empty with no champion."""
    change = estimate.difference
    if change is None:
        return ""
    digits = places(estimate)
    return f"{figure(change.value, digits, signed=True)} {bracket(change, digits, signed=True)}".strip()


def summary(c: Comparison, made: tuple[Estimate, ...], found: Disagreement) -> str:
    """Two or three plain sentences: the first metric on each side, what the interval says, and who is right where."""
    first, rows = made[0], plural(len(c.truth), "dev row")
    name, digits = first.metric.name, places(first)
    value = figure(first.challenger.value, digits)
    if first.champion is None or first.difference is None:
        return f"On {rows} the challenger's {name} is {value} {bracket(first.challenger, digits)}."
    old = figure(first.champion.value, digits)
    by = " by" if first.difference.side_of_zero else ","
    told = f"On {rows} the challenger's {name} is {value}, the champion's {old}: "
    told += f"{first.finding}{by} {change_text(first)}."
    if c.task == "regression":
        return told
    lost, won = found.total(CHAMPION_RIGHT), found.total(CHALLENGER_RIGHT)
    if not found.groups:
        return f"{told} They give every row the same label."
    differ = sum(group.total for group in found.groups)
    return (
        f"{told} They disagree on {plural(differ, 'row')}: "
        f"the challenger alone is right on {won}, the champion alone on {lost}."
    )


def _ratio(old: float | None, new: float | None) -> str:
    return f"\N{MULTIPLICATION SIGN}{new / old:.3g}" if old and new is not None else DASH


def costs(challenger: Side, champion: Side | None) -> tuple[Cost, ...]:
    """Training time, latency of one row, and size; what nobody measured is left out."""

    def ms(side: Side | None) -> float | None:
        return None if side is None or side.latency_ms is None else side.latency_ms / 1000

    prices = [
        ("training time", champion.fit_seconds if champion else None, challenger.fit_seconds),
        ("latency of one row, p99", ms(champion), ms(challenger)),
    ]
    measured = [
        Cost(name, seconds(old), seconds(new), _ratio(old, new))
        for name, old, new in prices
        if new is not None or old is not None
    ]
    old_size = champion.model_bytes if champion else None
    bytes_row = Cost(
        "model file",
        DASH if old_size is None else size(old_size),
        size(challenger.model_bytes),
        _ratio(old_size, challenger.model_bytes),
    )
    return (*measured, bytes_row)


def recorded(challenger: Side, champion: Side | None, made: tuple[Estimate, ...]) -> tuple[tuple[str, str, str], ...]:
    """(name, champion, challenger) of the figures in metrics/dev.json that the report does not work out itself."""
    own = {estimate.metric.name.lower().replace(" ", "_") for estimate in made}
    own |= {"rows", "f1_macro", "brier"}
    names = [name for name in challenger.metrics if name.lower() not in own]
    return tuple((name, _number(champion, name), _number(challenger, name)) for name in names)


def _number(side: Side | None, name: str) -> str:
    value = side.metrics.get(name) if side else None
    return figure(float(value)) if isinstance(value, int | float) else DASH
