"""The texts of a project: its params.yaml, pyproject.toml and README, and what is said when it is made."""

from __future__ import annotations

import json
import re
from collections import defaultdict

import sealed
from look import Seen

PLAIN = re.compile(r"[A-Za-z_][\w/.-]*", re.ASCII)
WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")  # that some YAML takes for something else
TASKS = {"binary": "two classes", "multiclass": "classes", "regression": "a number", "auto": "not looked into"}
TREE = "sklearn.tree.DecisionTreeClassifier"


def params(text: str, source: str, seen: Seen, task: str) -> str:
    """params.yaml of the example, about another table."""
    data = {
        "source": source,
        "separator": seen.separator,
        "target": seen.target,
        "id": seen.identity,
        "task": None if task == "auto" else task,
    }
    lines = [f"  {key}: {scalar(value)}" for key, value in data.items() if value is not None]
    lines += ["  # kinds: { COLUMN: categorical } # or numeric, text, date, ignored: where the wrong one is inferred"]
    text = section(text, "data", *lines)
    text = section(
        text, "validate", "  rules: {} # COLUMN: { minimum: 0, maximum: 9, required: true }, or { allowed: [a, b] }"
    )
    if seen.rows:
        life = sealed.life_for(sealed.rows_of(seen.rows))
        text = re.sub(r"(?m)^(gate:.*\n(?:[ ].*\n)*?  life: )\d+", rf"\g<1>{life}", text, count=1)
    text = section(text, "card", '  intended_use: ""', '  limits: ""')
    return text.replace(TREE, TREE.replace("Classifier", "Regressor")) if seen.task == "regression" else text


def section(text: str, name: str, *lines: str) -> str:
    """The text with other lines below a key at its left edge, whose own line stays."""
    body = "".join(f"{line}\n" for line in lines)
    return re.sub(rf"(?m)^({name}:.*\n)(?:[ ].*\n)+", lambda found: found[1] + body, text, count=1)


def scalar(value: str) -> str:
    """A text as YAML writes it."""
    plain = PLAIN.fullmatch(value) and value.lower() not in WORDS
    return value if plain else json.dumps(value, ensure_ascii=False)


def pyproject(text: str, name: str, licence: str) -> str:
    """pyproject.toml of another name and licence, without what only the template needs."""
    licence = "LicenseRef-Proprietary" if licence == "Proprietary" else licence
    facts = {"name": name, "description": f"{name}: a model, and the line that delivers it", "license": licence}
    for key, value in facts.items():
        text = re.sub(rf"(?m)^{key} = .*$", f'{key} = "{value}"', text, count=1)
    return re.sub(r"(?m)^.*# only the template\n", "", text)


def filled(text: str, **facts: str) -> str:
    """A text with $facts put in; in one pass, so that a fact may hold a $."""
    return re.sub(rf"\$({'|'.join(facts)})\b", lambda found: facts[found[1]], text)


def story(name: str, source: str, seen: Seen | None) -> list[str]:
    """What is said of a new project: what was inferred, and what comes next."""
    return [f"{name}: made, from {source}", *(inferred(seen) if seen else []), *after(source if seen else None)]


def inferred(seen: Seen) -> list[str]:
    """What a table looks like, and how to say otherwise."""
    told = TASKS[seen.task]
    if seen.target in seen.columns and (labels := seen.columns[seen.target].labels) and seen.task != "regression":
        told += f": {', '.join(labels)}"
    groups = defaultdict(list)
    for column, facts in seen.columns.items():
        if column not in (seen.target, seen.identity):
            groups[facts.kind].append(column)
    lines = [f"  target      {seen.target} ({told})"]
    lines += [f"  row names   {seen.identity}"] if seen.identity else []
    lines += [f"  {kind:<12}{shortened(columns)}" for kind, columns in sorted(groups.items())]
    if told := sealed.outlook(seen.rows, seen.task):
        lines.append(f"  verdicts    {told}")
    if seen.task == "auto":
        lines.append(f"  is it a number? then train.estimator: {TREE.replace('Classifier', 'Regressor')}")
    return [*lines, "  wrong? params.yaml has it: data.target, data.task, data.id, data.kinds"]


def shortened(columns: list[str], most: int = 8) -> str:
    """The first names of many."""
    rest = len(columns) - most
    return ", ".join(columns[:most]) + (f", and {rest} more" if rest > 0 else "")


def after(table: str | None) -> list[str]:
    """What to do next."""
    lines = ["next, in its folder:", "  make run                    the whole line, played in a scratch clone"]
    if table:
        lines += [
            "  make setup && source .venv/bin/activate",
            "  mainline lock               the first champion: commit dvc.lock and models/card.md",
            f"  dvc add '{table}'   so that others and CI get the table, from your DVC remote",
        ]
    return lines
