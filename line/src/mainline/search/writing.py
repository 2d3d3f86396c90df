"""Writes keys of params.yaml's `train` and leaves each other byte as it is: comments, order, other sections."""

from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from mainline import config
from mainline.errors import ConfigError
from mainline.explore.writing import flow, opened
from mainline.project import PARAMS
from mainline.searched import USUAL

SECTION = "train"


def with_train(text: str, said: Mapping[str, Any]) -> str:
    """The text of a params.yaml whose `train` has these values; where it has them already, it stays as it is.

    Raises:
        ConfigError: the section is written in a way that cannot be changed.
    """
    if "\r\n" in text and text.count("\r\n") == text.count("\n"):
        return with_train(text.replace("\r\n", "\n"), said).replace("\n", "\r\n")
    wanted = config.loads(text, PARAMS)
    known = dict(wanted.get(SECTION) or {})
    changed = {
        key: value for key, value in ({**USUAL, **said}).items() if key in USUAL and known.get(key, USUAL[key]) != value
    }
    if not changed:
        return text
    wanted[SECTION] = {**known, **changed}
    try:
        made = opened(text, SECTION)
        for key, value in changed.items():
            made = _with(made, key, value)
        as_wanted = config.loads(made, PARAMS) == wanted
    except (YAMLError, ConfigError):
        as_wanted = False
    if not as_wanted:
        raise ConfigError(f"{PARAMS}: {SECTION} is not a block, a key a line; write it so, and run this again")
    return made


def _with(text: str, key: str, value: Any) -> str:
    """With one key of the section on one line, in its place or at the section's end."""
    section = YAML().load(text)[SECTION]
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    starts = {each: section.lc.key(each)[0] for each in section}
    deep = " " * section.lc.key(next(iter(section)))[1]
    if key in starts:
        begin = starts[key]
        end = _end(lines, begin, len(deep))
        comment = _comment(section, key, lines[begin]) if end == begin + 1 else ""
        lines[begin:end] = [f"{deep}{key}: {flow(value)}{comment}\n"]
    else:
        end = _end(lines, max(starts.values()), len(deep))
        lines[end:end] = [f"{deep}{key}: {flow(value)}\n"]
    return "".join(lines)


def _end(lines: list[str], begin: int, deep: int) -> int:
    """The line after a key's last one: lines that lie deeper are its own, blank ones and comments behind them not."""
    end = begin + 1
    for at in range(begin + 1, len(lines)):
        said = lines[at].strip()
        if said and not said.startswith("#"):
            if len(lines[at]) - len(lines[at].lstrip()) <= deep and not said.startswith(("}", "]")):
                break
            end = at + 1
    return end


def _comment(section: CommentedMap, key: str, line: str) -> str:
    """What stands behind a value on its line."""
    token = (section.ca.items.get(key) or [None] * 3)[2]
    said = token.value.splitlines()[0].strip() if token else ""
    if not said:
        inner = getattr(section[key], "ca", None)
        said = inner.comment[0].value.splitlines()[0].strip() if inner and inner.comment and inner.comment[0] else ""
    return f" {said}" if said.startswith("#") and line.rstrip().endswith(said) else ""
