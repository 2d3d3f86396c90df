"""The page at /."""

import base64
import hashlib
import json
import re
from typing import Any

import pytest

from pipeline.signature import Column, Signature
from service.page import render
from service.settings import Settings
from tests.service.conftest import TABLES, Start


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
    assert not re.findall(r"""(?:src|href)=["'](?!data:,|model|docs.json|metrics)""", answer.text)
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
