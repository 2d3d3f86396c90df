"""docs/params.md is held to the code: every key, every default, every word that may be said."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from mainline import config
from pipeline import params

PAGE = Path(__file__).parents[3] / "docs/params.md"
ROW = re.compile(r"^\| `([\w.]+)` \| *([^|]*?) *\| *[^|]*? *\| *([^|]*?) *\|$", re.MULTILINE)
SECTIONS: dict[str, type[BaseModel]] = {
    **{field.alias or name: field.annotation for name, field in params.Params.model_fields.items()},  # type: ignore[misc]
    **config.SECTIONS,
}
AS_A_WORD = {"gate.condition": "`superiority`", "data.keep_for": "none", "validate.table.fresh": "none"}  # a section


def keys(model: type[BaseModel], path: str, default: Any = None) -> Iterator[tuple[str, str, set[str]]]:
    """Every key of a section: its path, its default as the page has it, and the words that it may be."""
    for name, field in model.model_fields.items():
        key = f"{path}.{field.alias or name}"
        value = (
            getattr(default, name, field.default)
            if default is not None
            else field.get_default(call_default_factory=True)
        )
        inner = next((kind for kind in kinds(field.annotation) if issubclass(kind, BaseModel)), None)
        if inner and get_origin(field.annotation) is dict:  # sections under free names
            yield key, "`{}`", set()
            yield from keys(inner, f"{key}.COLUMN")
        elif inner:
            if key in AS_A_WORD or type(None) in get_args(field.annotation):  # what can be one word, or off
                yield key, AS_A_WORD.get(key, "on"), set()
            yield from keys(inner, key, value)
        else:
            yield key, shown(value), words(field.annotation)


def kinds(annotation: Any) -> list[type]:
    """The classes that an annotation is made of."""
    inner = [kind for each in get_args(annotation) for kind in kinds(each)]
    return [annotation, *inner] if isinstance(annotation, type) and get_origin(annotation) is None else inner


def words(annotation: Any) -> set[str]:
    """The words that an annotation allows."""
    if get_origin(annotation) is Literal:
        return set(map(str, get_args(annotation)))
    return {word for each in get_args(annotation) for word in words(each)}


def shown(value: Any) -> str:
    """A default as the page has it."""
    if value is PydanticUndefined:
        return "required"
    if value is None or value == "":
        return "none"
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value)}`"


def differences(page: str) -> list[str]:
    """What a page says otherwise than the code."""
    code = {key: rest for name, model in SECTIONS.items() for key, *rest in keys(model, name)}
    told = {key: (default, text) for key, default, text in ROW.findall(page)}
    found = [f"{key}: not on the page" for key in code if key not in told]
    found += [f"{key}: not in the code" for key in told if key not in code]
    for key, (default, allowed) in code.items():
        if key in told and told[key][0] != default:
            found.append(f"{key}: the page has {told[key][0]}, the code {default}")
        if key in told:
            found += [f"{key}: does not name {word}" for word in sorted(allowed) if word not in " ".join(told[key])]
    return found


def test_the_page_is_the_code() -> None:
    """Each key that the code takes stands on the page with its default, and no other."""
    assert differences(PAGE.read_text()) == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("| `gate.max_mde` |", "| gate.max_mde |", "gate.max_mde: not on the page"),
        ("| `gate.max_mde` |", "| `gate.most_mde` |", "gate.most_mde: not in the code"),
        ("| `train.trusted` |", "| `train.trustet` |", "train.trusted: not on the page"),
        ("`gate.life` | `32`", "`gate.life` | `8`", "gate.life: the page has `8`, the code `32`"),
        ("`data.target` | required", "`data.target` | none", "data.target: the page has none, the code required"),
        ("`hold`, `rollback` or `promote`", "`hold` or `promote`", "canary.on_timeout: does not name rollback"),
        ("COLUMN.allowed", "COLUMN.alowed", "validate.rules.COLUMN.allowed: not on the page"),
        ("`canary.signals.split.tolerance` | `0.5`", "`canary.signals.split.tolerance` | `1`", "the code `0.5`"),
    ],
)
def test_a_page_that_differs_is_seen(before: str, after: str, said: str) -> None:
    """A key too few, one too many, another default, a word that is missing."""
    text = PAGE.read_text().replace(before, after)
    assert said in "\n".join(differences(text))


def test_each_section_has_an_example_that_the_code_takes() -> None:
    """One a section, under its own heading, and understood."""
    parts = re.split(r"^## (\w+)$", PAGE.read_text(), flags=re.MULTILINE)[1:]
    examples = dict(zip(parts[::2], parts[1::2], strict=True))
    assert set(examples) == set(SECTIONS)
    for name, text in examples.items():
        (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
        (said,) = yaml.safe_load(block).items()
        assert said[0] == name
        SECTIONS[name].model_validate(said[1])


def test_both_readers_know_of_the_same_sections() -> None:
    """What the stages leave to the line, the line reads."""
    assert set(config.SECTIONS) == params.OF_THE_LINE
