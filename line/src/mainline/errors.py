"""Everything that can go wrong for a user of the line, each with what to do next.

MainlineError
├── ConfigError      params.yaml or an option is wrong            exit 2
├── StaleLock        dvc.lock is not what the tree would build    exit 2
├── ToolFailed       git, dvc or bentoml said no                  exit 1
├── JudgeError       the judge's evidence is not of this canary   exit 1
├── MonitorError     what the monitor has counted is damaged      exit 1
└── Refused          the gate will not decide on this             exit 4
"""

import difflib
import re
import sys
from collections.abc import Iterable
from pathlib import Path

# what says a key of params.yaml: section.key, and not a file of that name; or what stands first after params.yaml
SECTIONS = "data|clean|validate|labels|split|train|diagnose|search|service|gate|canary|card|dataset|monitor|retrain"
KEY = re.compile(
    rf"params\.yaml: ({SECTIONS})\b|params\.yaml: \w+[.:]|(?<![\w./-])({SECTIONS})\."
    r"(?!(?:csv|dvc|env|gz|json|jsonl|lock|log|md|parquet|py|skops|tsv|txt|ya?ml)\b)[a-z]"
)
PAGE = "docs/params.md"
MAKE = "make --file=mainline.mk" if Path(sys.prefix).parts[-2:] == (".mainline", "venv") else "make"
"""How a task is called: what `mainline init` brings has tasks, and an environment, apart from the project's own."""


class MainlineError(Exception):
    """The base: a one-line message, of a key where it is explained, and the exit code the command ends with."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(pointed(message))


class ConfigError(MainlineError):
    """params.yaml or an option names something that is not there."""

    exit_code = 2


class StaleLock(MainlineError):
    """dvc.lock does not describe the tree it stands in."""

    exit_code = 2


class ToolFailed(MainlineError):
    """A tool the line stands on ended with an error; `output` is all that it said."""

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


class JudgeError(MainlineError):
    """The judge cannot go on: its state is damaged, or of another version or other settings than today's."""


class MonitorError(MainlineError):
    """The monitor cannot go on: its counts are damaged, or were never made."""


class Refused(MainlineError):
    """The gate cannot decide: the data are unfit, or the test set is used up."""

    exit_code = 4


def nearest(name: str, known: Iterable[str]) -> str:
    """What to say of a name that is not there: the one that was probably meant, else those there are."""
    names = list(known)
    if close := difflib.get_close_matches(name, names, n=1):
        return f"did you mean {close[0]!r}?"
    return f"there are: {', '.join(names[:12])}{', ...' if len(names) > 12 else ''}"


def pointed(message: str) -> str:
    """A message, with the place where the first key of params.yaml that it names is explained."""
    found = KEY.search(message)
    if not found or PAGE in message:
        return message
    section = found[1] or found[2]
    return f"{message} ({PAGE}{f'#{section}' if section else ''})"
