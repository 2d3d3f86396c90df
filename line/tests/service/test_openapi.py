"""The description of the service, and whether the service is as described, whatever it is sent."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.service.conftest import TABLES, Running, Start

JSON = "application/json"
TRICKY = [None, True, -1, 2**63, 10**30, 1e29, 5e-324, "", "7", "NaN", "2024-01-31", "\u0000", "ä" * 300, [], {}]


def described(running: Running) -> dict[str, Any]:
    """The description."""
    spec: dict[str, Any] = running.get("/docs.json").json()
    return spec


def resolved(schema: Any, spec: dict[str, Any]) -> Any:
    """A schema without references."""
    if isinstance(schema, list):
        return [resolved(each, spec) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return resolved(spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]], spec)
    return {key: resolved(value, spec) for key, value in schema.items()}


def conforming(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema of ours allows."""
    if "oneOf" in schema:
        return st.one_of([conforming(each) for each in schema["oneOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if isinstance(schema["type"], list):
        return st.one_of([conforming({**schema, "type": each}) for each in schema["type"]])
    if schema["type"] == "object":
        required = {name: conforming(schema["properties"][name]) for name in schema["required"]}
        others = {name: conforming(part) for name, part in schema["properties"].items() if name not in required}
        return st.fixed_dictionaries(required, optional=others)
    if schema["type"] == "array":
        return st.lists(conforming(schema["items"]), min_size=schema.get("minItems", 0), max_size=5)
    if schema["type"] == "string" and schema.get("format") == "date":
        return st.dates().map(str)
    if schema["type"] == "string":
        return st.from_regex(schema["pattern"], fullmatch=True) if "pattern" in schema else st.text(max_size=30)
    low, high = schema.get("minimum"), schema.get("maximum")
    return {
        "number": st.floats(low, high, allow_nan=False, allow_infinity=False) | st.integers(-1000, 1000),
        "integer": st.integers(low, high),
        "boolean": st.booleans(),
        "null": st.none(),
    }[schema["type"]]


@st.composite
def broken(draw: st.DrawFn, good: st.SearchStrategy[Any]) -> Any:
    """A value with something changed, somewhere."""
    value = draw(good)
    place: Any = [value]
    key: Any = 0
    while isinstance(place[key], (dict, list)) and place[key] and draw(st.integers(0, 3)):
        place = place[key]
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    match draw(st.sampled_from(["swap", "drop", "add"])):
        case "drop" if isinstance(place, dict):
            del place[key]
        case "add" if isinstance(place, dict):
            place[draw(st.text(max_size=5))] = draw(st.sampled_from(TRICKY))
        case _ if place is not value:
            place[key] = draw(st.sampled_from(TRICKY) | st.recursive(st.none(), lambda x: st.lists(x, max_size=3)))
    return value


def checked(running: Running, spec: dict[str, Any], path: str, body: bytes) -> int:
    """Send a body; the answer must be one that is described. Its status."""
    answer = running.post(path, content=body, headers={"Content-Type": JSON})
    said = spec["paths"][path]["post"]["responses"][str(answer.status_code)]
    assert answer.status_code < 500, answer.text
    jsonschema.validate(answer.json(), resolved(said["content"][JSON]["schema"], spec))
    return answer.status_code


@pytest.mark.parametrize("name", TABLES)
def test_it_is_openapi(name: str, start: Start) -> None:
    """Valid, with everything that is served."""
    spec = described(start(name))
    OpenAPIV31SpecValidator(spec).validate()
    assert {"/predict", "/predict/table", "/feedback", "/model", "/metrics", "/"} <= spec["paths"].keys()


@pytest.mark.parametrize("name", [*TABLES, "private"])
def test_every_example_is_answered_as_it_stands(name: str, start: Start) -> None:
    """One row, several, a table, and feedback; nothing in them is missing or out of range."""
    running = start(name)
    for path, operations in described(running)["paths"].items():
        for media, content in operations.get("post", {}).get("requestBody", {}).get("content", {}).items():
            for example in content.get("examples", {}).values():
                assert running.post(path, example["value"]).status_code == 200
            if "example" in content:
                answer = running.post(path, content=content["example"].encode(), headers={"Content-Type": media})
                assert answer.status_code == 200, answer.text
    if name != "private":
        text = running.app.metrics.text().decode()
        assert not [line for line in text.splitlines() if "inputs_out_of_range_total{" in line and line[-4:] != " 0.0"]


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_what_is_described_is_answered(name: str, start: Start) -> None:
    """Whatever the description allows is no error but 400 for values that the model cannot take."""
    running = start(name)
    spec = described(running)
    seen: set[int] = set()

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def send(data: st.DataObject) -> None:
        for path in ("/predict", "/feedback"):
            schema = resolved(spec["paths"][path]["post"]["requestBody"]["content"][JSON]["schema"], spec)
            body = json.dumps(data.draw(conforming(schema))).encode()
            seen.add(status := checked(running, spec, path, body))
            assert status in (200, 409)

    send()
    assert 200 in seen


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_what_is_not_is_refused_politely(name: str, start: Start) -> None:
    """Bodies with something wrong in them get an answer that is described, and never a 5xx."""
    running = start(name)
    spec = described(running)
    seen: set[int] = set()

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def send(data: st.DataObject) -> None:
        for path in ("/predict", "/feedback"):
            schema = resolved(spec["paths"][path]["post"]["requestBody"]["content"][JSON]["schema"], spec)
            seen.add(checked(running, spec, path, json.dumps(data.draw(broken(conforming(schema)))).encode()))
            cut = json.dumps(data.draw(conforming(schema))).encode()[: data.draw(st.integers(0, 30))]
            seen.add(checked(running, spec, path, cut + data.draw(st.binary(max_size=5))))

    send()
    assert 400 in seen
