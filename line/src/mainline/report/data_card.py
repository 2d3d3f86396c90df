"""data/card.md: what a reviewer reads of the table in a diff; the same table gives the same bytes."""

from collections.abc import Mapping
from typing import Any

from mainline.report.dataset import Dataset, Field
from mainline.report.markdown import code, plain, table
from mainline.report.text import DASH

_REASONS_SHOWN = 20
_COLUMNS_SHOWN = 200
_UNSAID = "Not stated yet: params.yaml, section dataset."


def text(about: Dataset) -> str:
    """The data card as Markdown."""
    words = {"licence": about.words.licence, "owner": about.words.owner, "collected": about.words.collected}
    named = [(name, code(said, 500) if "://" in said else plain(said, 2_000)) for name, said in words.items() if said]
    source = {"source": about.source, "content": f"md5 {about.content}" if about.content else ""}
    facts = {**source, "target": about.target, "names a row": about.names, **about.left}
    sections = [
        ("Purpose", plain(about.words.purpose, 10_000) or _UNSAID),
        ("Whose it is", table(("what", "said"), named, words=2) if named else _UNSAID),
        ("Source", table(("what", "value"), [(key, code(said, 200)) for key, said in facts.items() if said], words=2)),
        ("Rows", _rows(about)),
        ("Columns", _columns(about.fields)),
        ("Private columns", _private(about.fields)),
        ("Labels", _labels(about.labels)),
    ]
    head = f"# Data card: {code(about.source, 200)}\n\n`mainline lock` writes it; names and counts, and no cell."
    return "\n\n".join([head, *(f"## {title}\n\n{body}" for title, body in sections if body)]) + "\n"


def _rows(about: Dataset) -> str:
    counts = table(("rows", "count"), [(name, f"{count:,}") for name, count in about.rows.items()])
    why = [(code(reason, 120), f"{count:,}") for reason, count in list(about.reasons.items())[:_REASONS_SHOWN]]
    return "\n\n".join([counts, *([table(("in quarantine because", "rows"), why)] if why else [])])


def _columns(fields: tuple[Field, ...]) -> str:
    shown = [(code(each.name, 60), each.type, each.kind) for each in fields if each.type][:_COLUMNS_SHOWN]
    more = sum(bool(each.type) for each in fields) - len(shown)
    listed = table(("column", "cells", "to the model"), shown, words=3)
    return f"{listed}\n\n{more:,} more columns." if more else listed


def _private(fields: tuple[Field, ...]) -> str:
    hidden = [(code(each.name, 60), each.private) for each in fields if each.private]
    return table(("column", "how"), hidden, words=2) if hidden else ""


def _labels(labels: Mapping[str, Any]) -> str:
    people = labels.get("people")
    if not isinstance(people, Mapping) or not people:
        return ""
    votes = [(code(str(name), 60), _votes(people[name])) for name in sorted(people)]
    return table(("who labelled", "votes"), votes)


def _votes(said: Any) -> str:
    count = said.get("votes") if isinstance(said, Mapping) else said
    return f"{count:,}" if isinstance(count, int) else DASH
