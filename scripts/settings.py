"""The texts of a project: its params.yaml, pyproject.toml and README, and what is said when it is made."""

from __future__ import annotations

import json
import re
import shlex
from collections import defaultdict

import sealed
from look import Seen

PLAIN = re.compile(r"[A-Za-z_][\w/.-]*", re.ASCII)
WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")  # that some YAML takes for something else
TASKS = {"binary": "two classes", "multiclass": "classes", "regression": "a number", "auto": "not looked into"}
TREE = "sklearn.tree.DecisionTreeClassifier"
STATED = re.compile(r"(?m)^ .*# stated: .*\n")
"""What the example's author says of its table, and nobody has said of another yet."""


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
    text = section(STATED.sub("", text), "data", *lines)
    text = section(
        text, "validate", "  rules: {} # COLUMN: { minimum: 0, maximum: 9, required: true }, or { allowed: [a, b] }"
    )
    if seen.rows:
        life = sealed.life_for(sealed.rows_of(seen.rows))
        text = re.sub(r"(?m)^(gate:.*\n(?:[ ].*\n)*?  life: )\d+", rf"\g<1>{life}", text, count=1)
    words = ("licence", "owner", "collected", "purpose")
    text = section(text, "dataset", *(f'  {name}: ""' for name in words))
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
    """pyproject.toml of another name and licence."""
    licence = "LicenseRef-Proprietary" if licence == "Proprietary" else licence
    facts = {"name": name, "description": f"{name}: a model, and the line that delivers it", "license": licence}
    for key, value in facts.items():
        text = re.sub(rf"(?m)^{key} = .*$", f'{key} = "{value}"', text, count=1)
    return text


def filled(text: str, **facts: str) -> str:
    """A text with $facts put in; in one pass, so that a fact may hold a $."""
    return re.sub(rf"\$({'|'.join(facts)})\b", lambda found: facts[found[1]], text)


def story(name: str, source: str, seen: Seen | None) -> list[str]:
    """What is said of a new project: what was inferred."""
    return [f"{name}: made, from {source}", *(inferred(seen) if seen else [])]


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
    lines += [f"  not so yet  {seen.odd}"] if seen.odd else []
    if seen.task == "auto":
        lines.append(f"  is it a number? then train.estimator: {TREE.replace('Classifier', 'Regressor')}")
    return [*lines, "  wrong? params.yaml has it: data.target, data.task, data.id, data.kinds"]


def shortened(columns: list[str], most: int = 8) -> str:
    """The first names of many."""
    rest = len(columns) - most
    return ", ".join(columns[:most]) + (f", and {rest} more" if rest > 0 else "")


def after(name: str, table: str | None, *, committed: bool, repository: bool) -> list[str]:
    """What to do next: commands that can be pasted, one after the other.

    Args:
        name: the project's.
        table: where it is in the project; None for the example.
        committed: the project's first commit is made for its author, in a folder of the project's name.
        repository: there is a git repository already.
    """
    steps = [(f"cd {name}", "")] if committed else []
    if not repository and not committed:
        steps.append(("git init --initial-branch=main", ""))
    if not committed:
        steps.append((f"git add --all && git commit --message 'Start {name}'", ""))
    steps.append(("make setup && source .venv/bin/activate", "once; the second in every new terminal"))
    if table:
        steps += [
            (f"dvc add {shlex.quote(table)}", "git sees its hash only; others get it from your DVC remote"),
            ("git add --all && git commit --message 'Put the table under DVC'", ""),
            ("mainline lock", "the first champion; rows of one customer belong together? say split.group before"),
            ("git add --all && git commit --message 'Build the first champion'", ""),
        ]
    steps.append(("make run", "the whole line, played in a scratch clone; it changes nothing here"))
    return ["next:", *(f"  {command}{f'  # {why}' if why else ''}" for command, why in steps)]
