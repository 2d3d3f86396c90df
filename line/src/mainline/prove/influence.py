"""The labels of dev and sealed rows permuted, in the table and in votes: what changes with them has seen them."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mainline.project import Project
from mainline.prove.chain import RAW

HIDDEN = ("data/sealed/labels.parquet", "data/dev.parquet")
VOTES, RULE = "labels", "rule:"
LONG_AGO = datetime.min.replace(tzinfo=UTC)
ROW_ID = "row_id"


def permute(project: Project, path: Path) -> None:
    """Write raw.parquet anew, with the labels of hidden rows in another order, and the files of votes below it.

    Of any two neighbours in the order of the labels, each gets one from half of the rows further on: whatever the
    labels are, as many as can be are others then. Rows that people label change places among themselves, as the table
    may say nothing of them; and each vote on one says the class half of the classes further on, so that whoever agreed,
    agrees.

    Args:
        path: of the table; the folder two above it gets labels/.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import parquet

    raw = parquet.read_table(project / RAW)
    name = str((project.params.get("data") or {})["target"])
    target = raw.schema.get_field_index(name)
    ids = [parquet.read_table(project / side, columns=[ROW_ID])[ROW_ID] for side in HIDDEN]
    hidden = pa.concat_arrays([chunk for each in ids for chunk in each.chunks])
    by_people = _permute_votes(project, path.parents[1], set(hidden.to_pylist()), name)
    labels, taken = raw.column(target), np.arange(raw.num_rows)
    is_hidden = pc.is_in(raw[ROW_ID].cast(hidden.type), value_set=hidden).to_numpy()
    voted = pc.is_in(raw[ROW_ID].cast(hidden.type), value_set=pa.array(sorted(by_people), hidden.type)).to_numpy()
    for rows in (np.flatnonzero(is_hidden & voted), np.flatnonzero(is_hidden & ~voted)):
        order = rows[np.argsort(labels.take(pa.array(rows)).cast(pa.string()).fill_null("").to_numpy(), kind="stable")]
        taken[order] = np.roll(order, len(order) // 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(raw.set_column(target, raw.schema.field(target), labels.take(pa.array(taken))), path)


def _permute_votes(project: Project, folder: Path, hidden: set[str], target: str) -> set[str]:
    """Write the files of votes with other labels on hidden rows; answers which of these a vote may have labelled."""
    files = [path.relative_to(project.root) for path in sorted((project / VOTES).rglob("*.jsonl"))]
    if not files:
        return set()
    other, last = _others(project, target), dict[tuple[str, str], tuple[datetime, bool]]()
    renamed = _renamed(project, target)
    for file in files:
        lines = []
        for line, vote in _votes(project / file):
            if vote["row"] in hidden:
                said, key = vote["label"], (vote["row"], str(vote["by"]))
                moment = datetime.fromisoformat(vote["at"])
                counts = said is not None and vote["how"] == "blind" and not key[1].startswith(RULE)
                if moment >= last.get(key, (LONG_AGO, False))[0]:
                    last[key] = (moment, counts)
                word = _word(said)
                line = json.dumps({**vote, "label": other.get(renamed.get(word, word), said)})
            lines.append(f"{line}\n")
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("".join(lines), encoding="utf-8")
    return {row for (row, _), (_, counts) in last.items() if counts}


def _others(project: Project, target: str) -> dict[str, Any]:
    """Another label for each that hidden rows have, by its word: one to one."""
    from pyarrow import parquet

    found = {each for side in HIDDEN for each in parquet.read_table(project / side)[target].unique().to_pylist()}
    known = sorted(found, key=_word)
    return {_word(each): known[(at + max(1, len(known) // 2)) % len(known)] for at, each in enumerate(known)}


def _renamed(project: Project, target: str) -> dict[str, str]:
    """What clean calls a class that votes may say by its old name."""
    rules = (project.params.get("clean") or {}).get("columns") or {}
    ours = [rule for name, rule in rules.items() if str(name) == target or re.fullmatch(str(name), target)]
    return {_word(old): _word(new) for rule in ours for old, new in (rule.get("replace") or {}).items()}


def _votes(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((line, json.loads(line)) for line in path.read_text(encoding="utf-8").split("\n") if line.strip())


def _word(label: object) -> str:
    """A label as the stages read it: 3.0 as 3, true as True."""
    text = str(int(label) if isinstance(label, float) and label.is_integer() else label).strip()
    return text.title() if text.lower() in ("true", "false") else text
