"""The page of the data: hints with the line that settles them, every column drawn, readable on a phone."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from line.tests.browser import Browser, browser, program
from line.tests.report.test_in_a_browser import MEASURE, PHONE
from mainline.explore import page
from mainline.project import Project
from pipeline.params import Params
from pipeline.stages import explore


def told(target: str = "y") -> dict[str, Any]:
    """What `mainline explore --json` says of a table with a little of everything, for each kind of target."""
    random, rows = np.random.default_rng(0), 900
    age = random.integers(18, 90, rows).astype("float64")
    frame = pd.DataFrame(
        {
            "row_id": [f"{i:016x}" for i in range(rows)],
            "age": age,
            "size": [*random.normal(6, 1, rows - 2).clip(3, 9), 58.9, 58.9],
            "work": pd.Series(random.choice(["private & <b>own</b>", "?", "gov" * 20], rows), dtype="str"),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 900, rows), unit="D"),
            "note": pd.Series(["so good " * k for k in random.integers(2, 30, rows)], dtype="str"),
            "mail": pd.Series([f"a{i}@b.org" for i in range(rows)], dtype="str"),
            "secret": pd.Series(random.choice(["SECRET", "other"], rows), dtype="str"),
            "same": 1.0,
            "void": np.nan,
            "y": pd.Series(np.where(age + random.normal(0, 20, rows) > 50, "yes", "no"), dtype="str"),
            "three": pd.Series(np.where(age > 60, "old", np.where(age > 40, "grown", "young")), dtype="str"),
            "price": 3 * age + random.normal(0, 40, rows),
        }
    )
    others = [name for name in ("y", "three", "price") if name != target]
    frame = frame.drop(columns=others)
    params = Params.model_validate(
        {
            "data": {"source": "t", "target": target, "kinds": {"void": "numeric"}},
            "train": {"estimator": "a.B"},
            "service": {"private": ["secret"]},
        }
    )
    dev = frame[600:].reset_index(drop=True)
    dev["age"] += 30
    made = json.loads(json.dumps(explore.describe(frame[:600], dev, params)))
    hints = [{**each, "settled": each["kind"] == "case"} for each in made["hints"]]
    return {**made, "hints": hints, "quarantine": {"age: below 0": 41}}


@pytest.mark.parametrize("target", ["y", "three", "price"])
def test_the_page_tells_everything_and_nothing_private(target: str, tmp_path: Path) -> None:
    """Hints with YAML, each column, drift, quarantine; markup in cells is text, a private cell nowhere."""
    said = told(target)
    assert {each["kind"] for each in said["hints"]} >= {"nothing", "private"}
    html = page.write(Project(tmp_path), said).read_text()
    for word in ("clean: {columns: {work: {missing: [&#34;?&#34;]}}}", "data: {private: {mail: drop}}", "age: below 0"):
        assert word in html
    assert "SECRET" not in html
    assert "<b>own" not in html
    assert "a1@b.org" not in html
    assert re.search(r"<th[^>]*>age</th><td[^>]*>values</td>", html)
    assert html.count("<figure>") == len([e for e in said["columns"].values() if any(e["train"].get("counts", ()))]) + 1
    assert page.render(said) == page.render(said)


def test_a_table_in_which_nothing_is_odd_says_so(tmp_path: Path) -> None:
    """Each part says that there is nothing, in place of an empty table."""
    said = {**told(), "hints": [], "drift": [], "quarantine": {}}
    html = page.render(said)
    for word in ("Nothing looks odd", "No column differs", "No row was put aside", "No row says in every column"):
        assert word in html


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for all tests of this file."""
    with browser(tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.mark.slow
@pytest.mark.skipif(program() is None, reason="no Chromium or Chrome; .ci/chromium installs it as root on Debian")
def test_the_page_can_be_read_and_its_lines_copied(tab: Browser, tmp_path: Path) -> None:
    """On a phone and a desk, light and dark; a click on a hint's line selects the whole of it."""
    path = page.write(Project(tmp_path), told("three"))
    for width, scheme in ((PHONE, "light"), (PHONE, "dark"), (1280, "light")):
        tab.open(path, width, scheme)
        found = tab.ask(MEASURE)
        assert (found["small"], found["faint"]) == ([], []), (width, scheme)
        assert found["across"] <= width
    at = tab.ask(
        "(() => { const e = document.querySelector('.settles'); e.scrollIntoView({block: 'center'});"
        " const r = e.getBoundingClientRect(); return [r.x + 30, r.y + r.height / 2, e.textContent]; })()"
    )
    for kind in ("mousePressed", "mouseReleased"):
        tab.tell("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], button="left", clickCount=1)
    assert tab.ask("getSelection().toString().trim()") == at[2].strip()
