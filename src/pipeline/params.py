"""params.yaml, as the stages see it: parsed once, frozen, unknown keys refused by name."""

import re
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError, model_validator

from pipeline.errors import ParamsError, nearest
from pipeline.sections import Clean, Data, Diagnose, Labels, Search, Section, Service, Split, Train, Validate

# sections of params.yaml that belong to the line, not to the stages
OF_THE_LINE = frozenset({"card", "dataset", "gate", "canary", "monitor", "retrain"})

# pydantic ends a place with the type it tried, where several are allowed
ALTERNATIVES = ("str", "int", "float", "date", "datetime")
IN_PLAIN_WORDS = {
    "Input should be": "must be",
    "a valid integer.*": "a whole number",
    "a valid number.*": "a number",
    "a valid boolean.*": "true or false",
    "a valid (dictionary|mapping).*": "a section with keys of its own",
    "a valid tuple": "a list, such as [a, b]",
    "a valid date or datetime, .*": "a day, such as 2026-01-31",
    "a valid string": "text",
    "String should have at .* 1 character": "must be one character",
    "Keys should be strings": "a key must be text",
}


class Params(Section):
    """The sections of params.yaml that the stages read."""

    data: Data
    clean: Clean = Field(default_factory=lambda: Clean.model_validate({}))
    validate_: Validate = Field(default_factory=lambda: Validate.model_validate({}), alias="validate")
    labels: Labels = Field(default_factory=lambda: Labels.model_validate({}))
    split: Split = Field(default_factory=lambda: Split.model_validate({}))
    train: Train
    diagnose: Diagnose = Field(default_factory=lambda: Diagnose.model_validate({}))
    search: Search = Field(default_factory=lambda: Search.model_validate({}))
    service: Service = Field(default_factory=lambda: Service.model_validate({}))

    @model_validator(mode="after")
    def _splits_by_what_is_kept(self) -> "Params":
        if self.data.private.get(group := self.split.group or "") == "drop":
            raise ValueError(f"data.private: {group!r} is split.group, so it stays, as a hash: {{{group}: hash}}")
        if (time := self.split.time) in self.data.private:
            raise ValueError(
                f"data.private: {time!r} is split.time, and neither a hash nor nothing says when; take it out"
            )
        return self


def load(path: Path = Path("params.yaml")) -> Params:
    """Read and check params.yaml.

    Raises:
        ParamsError: the file is missing, is not YAML, or holds a key or value that is not understood.
    """
    from ruamel.yaml import YAML  # version 1.2, as DVC reads it: Yes is a word, and 10:20 is no number
    from ruamel.yaml.error import YAMLError

    try:
        raw = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path}: not here; run this from the project's root") from None
    except (YAMLError, ValueError) as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        problem = str(getattr(error, "problem", None) or error).splitlines()[0]
        raise ParamsError(f"{path}{line}: not valid YAML: {problem}") from None
    if not isinstance(raw, dict):
        raise ParamsError(f"{path}: must hold sections (data, split, train, ...), and holds none")
    try:
        return Params.model_validate({k: v for k, v in raw.items() if k not in OF_THE_LINE and v is not None})
    except ValidationError as error:
        raise ParamsError(f"{path}: {_first_problem(error)}") from None


def _first_problem(error: ValidationError) -> str:
    """The first of pydantic's complaints, as one line with the nearest right name."""
    problem = error.errors(include_url=False)[0]
    *parents, key = problem["loc"] or ("params",)
    where = ".".join(str(part) for part in (parents if key in ALTERNATIVES else [*parents, key]))
    if problem["type"] == "extra_forbidden":
        return f"{where}: no such key{nearest(key, _keys_at(parents))}"
    if problem["type"] == "missing":
        return f"{where}: missing; it has no default"
    got = f" (got {problem['input']!r})" if isinstance(problem["input"], (str, int, float)) else ""
    said = problem["msg"].removeprefix("Value error, ")
    for theirs, ours in IN_PLAIN_WORDS.items():
        said = re.sub(theirs, ours, said)
    return f"{where}: {said}{got}"


def _keys_at(parents: list[int | str]) -> list[str]:
    """The keys that the section at this path knows."""
    section: type[BaseModel] = Params
    for name in parents:
        field = next((f for n, f in section.model_fields.items() if name in (n, f.alias)), None)
        if field:  # what is under a free name is of the class that the field before it holds
            section = _section_in(field.annotation) or section
    keys = [field.alias or name for name, field in section.model_fields.items()]
    return keys + sorted(OF_THE_LINE) if section is Params else keys


def _section_in(annotation: Any) -> type[BaseModel] | None:
    """The class of sections that an annotation is, or holds by free names."""
    if get_origin(annotation) is None and isinstance(annotation, type):
        return annotation if issubclass(annotation, BaseModel) else None
    return next(filter(None, map(_section_in, get_args(annotation))), None)
