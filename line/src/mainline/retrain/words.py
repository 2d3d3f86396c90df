"""A retraining as its pull request and its commit tell it, out of models/retrain.json."""

from collections.abc import Iterator, Mapping

from mainline.retraining import A_YEAR, DELTA, Retraining

PLACES = {"train": "to learn from", "dev": "dev rows", "asked": "fresh rows that judge it, and nothing else before"}
PAGE = "docs/retraining.md"


def title(told: Retraining) -> str:
    """In one line."""
    return f"Train again, number {told.number}: {told.trigger.why}"


def message(told: Retraining) -> str:
    """Of its commit."""
    return f"{title(told)}\n\n{told.trigger.words}"


def text(told: Retraining) -> str:
    """Of its pull request, as Markdown."""
    return "\n\n".join(_parts(told))


def _parts(told: Retraining) -> Iterator[str]:
    yield f"{told.trigger.words} The same recipe, with other rows: no setting is changed."
    yield "\n".join(["| rows | |", "|---|--:|", *(f"| {_cell(name)} | {count:,} |" for name, count in _rows(told))])
    if told.labels:
        shown = [f"{_cell(name)}: {value:,.6g}" for name, value in told.labels.items()]
        yield f"Labels of what came in: {', '.join(shown)}."
    until = f" Predictions up to {told.until}." if told.until else ""
    yield (
        f"The gate judges it on the {told.rows['in'].get('asked', 0):,} fresh rows, at level {told.level:.2g}, "
        f"of which {A_YEAR} a year keep {DELTA:.0%} together: it passes where they show a gain on `{told.base[:12]}`'s "
        f"model. None of the decisions of people's sealed rows is used.{until}"
    )
    yield f"`models/retrain.json` holds the same; {PAGE} says what becomes of this branch."


def _rows(told: Retraining) -> Iterator[tuple[str, int]]:
    yield from ((what, told.rows["in"].get(name, 0)) for name, what in PLACES.items())
    yield from ((f"{name} in the source", count) for name, count in told.rows["source"].items())
    yield from ((f"left out: {name}", count) for name, count in _most(told.rows["out"]))


def _most(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def _cell(name: str) -> str:
    """A text inside of a table: of one line, and ending no cell."""
    return " ".join(name.split()).replace("|", "\\|")[:200]
