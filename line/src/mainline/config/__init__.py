"""The line's own sections of params.yaml: parsed once, frozen, unknown keys refused by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mainline.config.canary_section import (
    ACCUSED,
    JUDGED,
    Canary,
    Drift,
    Errors,
    Labels,
    Latency,
    Refusals,
    Second,
    Signals,
    Split,
)
from mainline.config.gate_section import OLD_NAME, Bars, Card, Condition, Dataset, Gate, Metric
from mainline.config.monitor_section import Monitor
from mainline.config.retrain_section import Retrain
from mainline.config.section import Section
from mainline.errors import ConfigError, nearest

__all__ = [
    "ACCUSED",
    "JUDGED",
    "OLD_NAME",
    "SECTIONS",
    "Bars",
    "Canary",
    "Card",
    "Condition",
    "Dataset",
    "Drift",
    "Errors",
    "Gate",
    "Labels",
    "Latency",
    "Metric",
    "Monitor",
    "Refusals",
    "Retrain",
    "Second",
    "Signals",
    "Split",
    "loads",
    "parsed",
    "read",
]

S = TypeVar("S", bound=Section)
SECTIONS: dict[str, type[Section]] = {
    "gate": Gate,
    "card": Card,
    "dataset": Dataset,
    "canary": Canary,
    "monitor": Monitor,
    "retrain": Retrain,
}
"""The line's own sections, by name; all others are the pipeline's and the service's."""


def parsed(params: Mapping[str, Any], section: type[S]) -> S:
    """One of the line's own sections, out of all of params.yaml.

    Raises:
        ConfigError: it holds a key or value that is not understood.
    """
    name = next(name for name, each in SECTIONS.items() if each is section)
    try:
        return section.model_validate(params.get(name) or {})
    except ValidationError as error:
        raise ConfigError(f"params.yaml: {_explained(error, name, section)}") from None


def read(path: Path) -> dict[str, Any]:
    """All of a params.yaml, as YAML 1.2 means it: DVC and the stages read it so, and `no` is a word there.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({str(error).splitlines()[0]})") from None
    return loads(text, str(path))


def loads(text: str, name: str) -> dict[str, Any]:
    """The same of a text; `name` is what an error calls it."""
    try:
        values = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, RecursionError) as error:
        raise ConfigError(f"{name}: cannot be read ({str(error).splitlines()[0]})") from None
    if not isinstance(values or {}, dict):
        raise ConfigError(f"{name}: cannot be read (it must hold sections)")
    return dict(values or {})


def _explained(error: ValidationError, name: str, section: type[Section]) -> str:
    """The first of pydantic's complaints, with the nearest right key."""
    problem = error.errors(include_url=False)[0]
    where = ".".join([name, *map(str, problem["loc"])])
    if problem["type"] == "extra_forbidden":
        *above, key = map(str, problem["loc"])
        known = list(_part(section, above).model_fields)
        return f"{where}: no such key; {nearest(key, known)}"
    got = f" (got {problem['input']!r})" if isinstance(problem["input"], str | int | float) else ""
    return f"{where}: {problem['msg'].removeprefix('Value error, ')}{got}"


def _part(section: type[Section], keys: list[str]) -> type[Section]:
    """The section inside a section that keys lead to."""
    for key in keys:
        kind = section.model_fields[key].annotation
        section = next(each for each in (kind, *get_args(kind)) if isinstance(each, type) and issubclass(each, Section))
    return section
