"""The comment: GitHub Markdown under the limit, with nothing in it that pings, breaks or leaks."""

import re
from dataclasses import replace

import pytest

from mainline.report import comment as module
from mainline.report.changes import Changes, changes
from mainline.report.comment import LIMIT, comment
from mainline.report.side import Side
from mainline.report.verdict import Verdict

Pairs = dict[str, tuple[Side, Side]]
TASKS = ("binary", "regression", "digits", "text")


def made(challenger: Side, champion: Side | None, verdict: Verdict | None = None) -> str:
    """The comment with its changes."""
    return comment(challenger, champion, verdict=verdict, changes=changes(challenger, champion, code=["a.py | 2 +-"]))


@pytest.fixture(scope="module")
def comments(pairs: Pairs) -> dict[str, str]:
    """The comment on each project with its champion, written once."""
    return {task: made(*pairs[task]) for task in TASKS}


def whole(text: str) -> None:
    """Tables have as many cells in each row, fences and folds are closed."""
    assert text.count("```") % 2 == 0
    assert text.count("<details>") == text.count("</details>")
    width = 0
    for line in re.sub(r"```.*?```", "", text, flags=re.DOTALL).splitlines():
        cells = line.count("|") if line.startswith("|") else 0
        assert width in (0, cells) or cells == 0
        width = cells


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("alone", [False, True])
def test_every_task_has_a_comment(pairs: Pairs, task: str, alone: bool) -> None:
    """Whole, with the metrics, and with a champion only where there is one."""
    challenger, champion = pairs[task]
    text = made(challenger, None if alone else champion)
    whole(text)
    assert "| metric |" in text
    assert ("| champion |" in text) is not alone


@pytest.mark.parametrize("task", TASKS)
def test_two_runs_make_the_same_comment(comments: dict[str, str], pairs: Pairs, task: str) -> None:
    """Same inputs, same text."""
    assert made(*pairs[task]) == comments[task]


@pytest.mark.parametrize(
    ("passed", "first"),
    [
        (True, "> [!TIP]\n> **PASS**"),
        (False, "> [!CAUTION]\n> **NOT CERTIFIED**"),
        (None, "> [!NOTE]\n> **NOT DECIDED"),
    ],
)
def test_the_verdict_is_an_alert_of_its_colour(pairs: Pairs, passed: bool | None, first: str) -> None:
    """With the reasons and the life left."""
    text = made(*pairs["digits"], Verdict(passed, ("the bar",), "superiority", 3, 8))
    assert first in text
    assert "> - the bar" in text
    assert "5 remain" in text


def test_a_retraining_has_used_none_of_the_sealed_rows(pairs: Pairs) -> None:
    """What judged it are dev rows; anybody else's verdict is all that is known of the sealed rows."""
    text = made(*pairs["digits"], Verdict(True, ("judged on 812 rows",), "superiority", 2, 12, retrain=3))
    assert "> - judged on 812 rows\n>\n> Retraining 3: 2 of 12 in the last 365 days; no decision" in text
    assert text.endswith("are dev rows now; nothing is known of the sealed test set.</sub>\n")
    other = made(*pairs["digits"], Verdict(True, (), "superiority", 2, 12))
    assert other.endswith(
        "All figures but baselines and diagnosis are from the dev set. "
        "Nothing of the sealed test set is known here but the verdict.</sub>\n"
    )


def test_two_hundred_hostile_classes_fit_and_hold(many_classes: tuple[Side, Side]) -> None:
    """Under the limit in bytes, nothing cut in the middle, no mention and no HTML of a user's."""
    text = made(*many_classes, Verdict(False, tuple("@you |`<b>" * 100 for _ in range(50))))
    assert len(text.encode()) < LIMIT
    whole(text)
    spans = re.sub(r"`[^`\n]*`", "", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    assert "@someone" not in spans
    assert "@team" not in spans
    assert "@you" not in spans
    assert not re.search(r"<(b|script|i)>(?!Where|Cost|What|Baselines)", spans)
    assert "12 of 200 classes" in text


def test_what_does_not_fit_is_left_out_whole_and_told(
    comments: dict[str, str], pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a small limit sections go, the verdict and the metrics stay."""
    full = comments["binary"]
    monkeypatch.setattr(module, "LIMIT", 2500)
    text = made(*pairs["binary"])
    assert len(text.encode()) < 2500 < len(full.encode())
    assert "Shortened" in text
    assert "Shortened" not in full
    assert "| metric |" in text
    whole(text)


@pytest.mark.parametrize(("task", "chart"), [("digits", True), ("regression", True), ("binary", False)])
def test_a_chart_stands_where_it_says_something(comments: dict[str, str], pairs: Pairs, task: str, chart: bool) -> None:
    """Bars for the challenger and a line for the champion; no line for a challenger alone."""
    assert ("xychart-beta" in comments[task]) is chart
    assert ("    line [" in comments[task]) is chart
    assert "    line [" not in made(pairs[task][0], None)


def test_no_changes_are_not_a_section(pairs: Pairs) -> None:
    """Nothing changed, nothing said."""
    challenger, _ = pairs["binary"]
    twin = replace(challenger, name="champion")
    text = comment(challenger, twin, verdict=None, changes=Changes())
    assert "What changed" not in text
    assert "same label" in text
