"""The page at /."""

import base64
import hashlib
import json
import re
from typing import Any

import pytest

from pipeline.model.signature import Column, Signature
from service.http.info import examples
from service.page import render
from service.settings import Settings
from tests.service.conftest import TABLES, Start, people


def model_in(text: str) -> dict[str, Any]:
    """What the page knows of the model."""
    (content,) = re.findall(r'<script type="application/json" id="model">(.*?)</script>', text, re.DOTALL)
    said: dict[str, Any] = json.loads(content)
    return said


@pytest.mark.parametrize("name", TABLES)
def test_it_knows_the_model(name: str, start: Start) -> None:
    """Columns, classes, and examples that are answered as they stand."""
    running = start(name)
    said = model_in(running.get("/").text)
    about = running.get("/model").json()["signature"]
    assert said["columns"] == about["columns"]
    assert said["classes"] == about.get("classes")
    assert running.post("/predict", {"rows": said["examples"]}).status_code == 200


def test_it_asks_nobody_else(start: Start) -> None:
    """No address but relative ones, and a policy that lets the browser follow no other; only our script runs."""
    answer = start("digits").get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert not re.findall(r"""(?:src|href)=["'](?!data:,|\./"|model|docs"|metrics)""", answer.text)
    assert "://" not in answer.text
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{digest}';")


def test_names_from_the_data_are_no_markup() -> None:
    """A target, a column or a category may be called anything."""
    nasty = "</script><script>alert(1)</script>"
    signature = Signature(
        task="binary", target=nasty, classes=(nasty, "b"), estimator=nasty, rows=1,
        columns=(Column(name=nasty, kind="categorical", categories=(nasty,)),),
    )  # fmt: skip
    text = render(signature, Settings.read({"MODEL_VERSION": nasty}), [{nasty: nasty}]).body.decode()
    assert "<script>alert" not in text
    assert model_in(text)["columns"][0]["name"] == nasty


def test_it_starts_with_a_row_as_there_are_many(start: Start) -> None:
    """The median and the commonest values of the training rows, and not the middle of the ranges."""
    running = start("people")
    first = model_in(running.get("/").text)["examples"][0]
    typical = {c["name"]: c["typical"] for c in running.get("/model").json()["signature"]["columns"]}
    assert first == typical
    ages = people()["age"].dropna().sort_values()
    assert first["age"] == ages.iloc[(len(ages) - 1) // 2]
    assert first["city"] == people()["city"].mode()[0]


def test_of_private_columns_it_knows_nothing(start: Start) -> None:
    """Neither what is typical of them nor any value."""
    said = model_in(start("private").get("/").text)
    assert [set(c) for c in said["columns"] if c["name"] in ("city", "height")] == [{"name", "kind", "missing"}] * 2
    assert [said["examples"][0][name] for name in ("city", "height")] == [None, 0.0]


def test_a_signature_of_before_still_makes_a_page() -> None:
    """One that says nothing of what is typical: the middle of the range, the first category."""
    signature = Signature(
        task="binary", target="y", classes=("a", "b"), estimator="x", rows=1,
        columns=(
            Column(name="n", kind="numeric", minimum=2.0, maximum=8.0),
            Column(name="c", kind="categorical", categories=("u", "v")),
        ),
    )  # fmt: skip
    assert examples(signature)[0] == {"n": 5.0, "c": "u"}
