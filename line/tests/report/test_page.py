"""The page: whole, self-contained, escaped, the same every time, and about the dev set only."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from mainline.report.changes import changes
from mainline.report.page import write_page
from mainline.report.side import Side
from mainline.report.verdict import Verdict

Pairs = dict[str, tuple[Side, Side]]
TASKS = ("binary", "regression", "digits", "text")
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Reader(HTMLParser):
    """Checks that tags close in order, and keeps the tags, attributes and words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)

    @property
    def text(self) -> str:
        """All words, one space between."""
        return " ".join(" ".join(self.words).split())


def page(folder: Path, challenger: Side, champion: Side | None, verdict: Verdict | None = None) -> str:
    """The page's HTML."""
    made = changes(challenger, champion, code=[" src/pipeline/stages/train.py | 2 +-"])
    return write_page(challenger, champion, verdict=verdict, changes=made, out=folder / "sub/page.html").read_text()


@pytest.fixture(scope="module")
def pages(pairs: Pairs, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The page of each project with its champion, written once."""
    return {task: page(tmp_path_factory.mktemp("pages"), *pairs[task]) for task in TASKS}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("alone", [False, True])
def test_every_task_has_a_whole_page(pairs: Pairs, tmp_path: Path, task: str, alone: bool) -> None:
    """Well-formed, one h1, every section; the champion only where there is one."""
    challenger, champion = pairs[task]
    read = Reader(page(tmp_path, challenger, None if alone else champion))
    assert [tag for tag, _ in read.tags].count("h1") == 1
    for word in ("Metrics", "Cost", "What changed", "NOT DECIDED YET"):
        assert word in read.text
    assert ("champion" in [attrs.get("scope") and attrs.get("class") for _, attrs in read.tags]) is not alone
    assert (" champion's " in read.text) is not alone


@pytest.mark.parametrize("task", TASKS)
def test_a_page_asks_nothing_of_the_network(pages: dict[str, str], task: str) -> None:
    """No script, no address, no import; and a policy that would forbid them."""
    html = pages[task]
    tags = Reader(html).tags
    assert not {"script", "link", "iframe", "img"} & {tag for tag, _ in tags}
    assert not [value for _, attrs in tags for name, value in attrs.items() if name in ("src", "href")]
    assert not re.search(r"https?:|url\(|@import", html)
    assert "default-src 'none'" in html


@pytest.mark.parametrize("task", TASKS)
def test_tables_and_plots_can_be_heard(pages: dict[str, str], task: str) -> None:
    """Every header cell has a scope; every drawing has a title or is marked as decoration."""
    html = pages[task]
    tags = Reader(html).tags
    assert all(attrs.get("scope") for tag, attrs in tags if tag == "th")
    drawings = re.findall(r"<svg[^>]*>(?:<title>)?", html)
    assert drawings
    assert all("aria-hidden" in drawing or drawing.endswith("<title>") for drawing in drawings)


@pytest.mark.parametrize("task", TASKS)
def test_two_runs_write_the_same_bytes(pages: dict[str, str], pairs: Pairs, tmp_path: Path, task: str) -> None:
    """No date, no random id."""
    assert page(tmp_path, *pairs[task]) == pages[task]


@pytest.mark.parametrize(
    ("verdict", "tone", "words"),
    [
        (Verdict(True, condition="superiority", decisions_used=3, life=8), "pass", ("PASS", "superiority", "5 remain")),
        (Verdict(False, reasons=("dev: accuracy under 0.9",)), "fail", ("NOT CERTIFIED", "dev: accuracy under 0.9")),
        (Verdict(None, reasons=("no ledger",)), "open", ("NOT DECIDED YET", "no ledger")),
        (None, "open", ("NOT DECIDED YET",)),
    ],
)
def test_the_verdict_stands_at_the_top(
    pairs: Pairs, tmp_path: Path, verdict: Verdict | None, tone: str, words: tuple[str, ...]
) -> None:
    """With its reasons and what is left of the test set's life, before any figure."""
    html = page(tmp_path, *pairs["digits"], verdict)
    assert f'class="verdict {tone}"' in html
    text = Reader(html).text
    assert all(word in text[: text.index("Metrics")] for word in words)


def test_what_users_write_does_not_run(pairs: Pairs, tmp_path: Path, altered: Callable[..., Side]) -> None:
    """HTML in ids, cells, classes, column names, parameters, reasons and code is shown as text."""
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    challenger, champion = pairs["text"]
    sides = []
    for side in (challenger, champion):
        names = {"message": evil, "p_praise": f"p_{evil}"}
        classes = tuple(evil if name == "praise" else name for name in side.signature.classes)
        column = replace(side.signature.columns[0], name=evil)
        bad = replace(side, signature=replace(side.signature, columns=(column,), classes=classes), commit=evil)
        bad = replace(bad, params={evil: side.name + evil}, metrics={evil: 1.0})

        def spoil(table: pd.DataFrame, names: dict[str, str] = names) -> pd.DataFrame:
            table = table.rename(columns=names).replace("praise", evil)
            return table.assign(row_id=table["row_id"] + evil)

        sides.append(altered(bad, dev=spoil, predictions=spoil, train=spoil))
    sides[0] = altered(sides[0], dev=lambda table: table.assign(**{evil: evil}))
    made = changes(*sides, code=[evil])
    verdict = Verdict(False, reasons=(evil,), condition=evil)
    html = write_page(*sides, verdict=verdict, changes=made, out=tmp_path / "x.html").read_text()
    assert "&lt;script&gt;" in html
    tags = Reader(html).tags
    assert not {"script", "img"} & {tag for tag, _ in tags}
    assert not [name for _, attrs in tags for name in attrs if name.startswith("on")]


def test_many_classes_stay_readable(many_classes: tuple[Side, Side], tmp_path: Path) -> None:
    """200 classes: the 40 that changed most, pairs in place of a matrix, and it says so."""
    html = page(tmp_path, *many_classes)
    text = Reader(html).text
    assert "40 of 200 classes" in text
    assert "The pairs confused most often, of 200 classes" in text
    assert 'class="matrix' not in html
    assert len(html) < 400_000


def test_digits_are_drawn(pages: dict[str, str]) -> None:
    """Pictures for digits, a table for everything else."""
    assert pages["digits"].count('class="picture"') > 10
    assert 'class="picture"' not in pages["binary"]


def test_the_page_says_when_rows_are_missing(pairs: Pairs, tmp_path: Path, altered: Callable[..., Side]) -> None:
    """Fewer rows than the dev set has are a note at the top."""
    challenger, champion = pairs["digits"]
    html = page(tmp_path, challenger, altered(champion, predictions=lambda table: table.iloc[25:]))
    assert "200 of 225 dev rows" in html


def test_the_figures_on_the_page_are_those_of_the_predictions(pairs: Pairs, pages: dict[str, str]) -> None:
    """The accuracies, counted by hand."""
    text = Reader(pages["digits"]).text
    for side in pairs["digits"]:
        right = (side.dev["digit"].to_numpy() == side.predictions["prediction"].to_numpy()).mean()
        assert f"{right:.3f}" in text[: text.index("Classes")]
