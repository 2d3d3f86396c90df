"""Writes rules into params.yaml and leaves each other byte as it is: a round trip through YAML would set it anew."""

import io
import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from mainline import config
from mainline.errors import ConfigError
from mainline.project import PARAMS, Project
from mainline.tools import commits

SECTION, KEY = "validate", "rules"


def add(project: Project, rules: Mapping[str, Mapping[str, Any]]) -> None:
    """Put rules on top of validate.rules.

    Raises:
        ConfigError: the section is written in a way that cannot be added to.
    """
    text = (project / PARAMS).read_bytes().decode("utf-8")  # as it is: read_text would take each \r\n for \n
    made = with_rules(text, rules)
    commits.write(project / PARAMS, made.encode())


def with_rules(text: str, rules: Mapping[str, Mapping[str, Any]]) -> str:
    """The text of a params.yaml, with these rules, and lines that end as its own do."""
    if "\r\n" in text and text.count("\r\n") == text.count("\n"):
        return with_rules(text.replace("\r\n", "\n"), rules).replace("\n", "\r\n")
    wanted = config.loads(text, PARAMS)
    section = wanted.get(SECTION) or {}
    wanted[SECTION] = {**section, KEY: {**(section.get(KEY) or {}), **rules}}
    try:
        made = _inserted(opened(opened(text, SECTION), SECTION, KEY), rules)
        as_wanted = config.loads(made, PARAMS) == wanted
    except (YAMLError, ConfigError):
        as_wanted = False
    if not as_wanted:
        raise ConfigError(f"{PARAMS}: {SECTION}.{KEY} is not a block, a rule a line; write it so, and run this again")
    return made


def line(name: str, rule: Mapping[str, Any]) -> str:
    """A rule as it is written: `plan: { allowed: [basic, plus], required: true }`."""
    said = ", ".join(f"{key}: {flow(value)}" for key, value in rule.items())
    return f"{flow(name)}: {{ {said} }}"


def flow(value: Any) -> str:
    """A value as it is written on one line."""
    if isinstance(value, Mapping) and value:
        return f"{{ {', '.join(f'{flow(key)}: {flow(each)}' for key, each in value.items())} }}"
    if isinstance(value, float) and "e" in repr(value):  # some readers take no number without a point for one
        return repr(value) if "." in repr(value) else repr(value).replace("e", ".0e")
    if isinstance(value, list):
        return f"[{', '.join(map(flow, value))}]"
    if not isinstance(value, str):
        return json.dumps(value)
    yaml, out = YAML(typ="safe", pure=True), io.StringIO()
    yaml.default_flow_style, yaml.width, yaml.allow_unicode = True, 1_000_000, True
    yaml.dump([value], out)
    return out.getvalue().strip()[1:-1].strip()


def _inserted(text: str, rules: Mapping[str, Mapping[str, Any]]) -> str:
    params = YAML().load(text) or CommentedMap()
    lines, section = text.splitlines(keepends=True), params.get(SECTION)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    if SECTION not in params:
        return "".join([*lines, f"\n{SECTION}:\n  {KEY}:\n", *_block(rules, 4)])
    if not section or KEY not in section:
        at = params.lc.key(SECTION)[0] + 1
        deep = section.lc.key(next(iter(section)))[1] if section else 2
        lines[at:at] = [f"{' ' * deep}{KEY}:\n", *_block(rules, deep + 2)]
        return "".join(lines)
    line_, column = section.lc.key(KEY)
    known = section[KEY]
    deep = known.lc.key(next(iter(known)))[1] if known else column + 2
    lines[line_ + 1 : line_ + 1] = _block(rules, deep)
    return "".join(lines)


def _block(rules: Mapping[str, Mapping[str, Any]], deep: int) -> list[str]:
    return [f"{' ' * deep}{line(name, rule)}\n" for name, rule in rules.items()]


def opened(text: str, *keys: str) -> str:
    """A params.yaml whose section at these keys is a block, a key a line, where it was in braces on one line."""
    parent = YAML().load(text)
    for key in keys[:-1]:
        parent = (parent or {}).get(key)
    section = parent.get(keys[-1]) if isinstance(parent, CommentedMap) else None
    if not isinstance(section, CommentedMap) or (section and not section.fa.flow_style()):
        return text
    lines = text.splitlines(keepends=True)
    row, start = section.lc.line, section.lc.col
    said = lines[row]
    end = _closing(said, start)
    begins = [column for _, column in (section.lc.key(key) for key in section)]
    parts = [said[a:b].rstrip().removesuffix(",") for a, b in pairwise([*begins, end])]
    deep = " " * (2 * len(keys))
    rest = said[end + 1 :].strip()
    lines[row] = f"{said[:start].rstrip()}{' ' + rest if rest else ''}\n"
    lines[row + 1 : row + 1] = [f"{deep}{part.rstrip()}\n" for part in parts]
    return "".join(lines)


def _closing(said: str, start: int) -> int:
    """Where the brace that opens at `start` closes; the end of the line where it does not."""
    depth, quoted = 0, ""
    for at, sign in enumerate(said[start:], start):
        if quoted or sign in "'\"":
            quoted = "" if sign == quoted else quoted or sign
        elif sign in "{}":
            depth += 1 if sign == "{" else -1
            if not depth:
                return at
    return len(said)
