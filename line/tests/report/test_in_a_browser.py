"""Every page as a phone shows it: nothing scrolls sideways, no word is too small or too faint, light and dark."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from line.tests.browser import Browser, browser, program
from line.tests.history.test_page import PAST
from line.tests.run import test_loop_picture as weeks
from mainline.canary.judge import Judge, Point
from mainline.config import Canary
from mainline.history import page as history
from mainline.pages import write
from mainline.report.changes import changes
from mainline.report.page import write_page
from mainline.report.side import Side
from mainline.run import page as releases
from mainline.run.host import Host, Sample
from mainline.run.loop import Loop
from mainline.run.users import Tally
from pipeline.model.signature import Column, Signature
from service import page
from service.http import info
from service.settings import Settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(program() is None, reason="no Chromium or Chrome; .ci/chromium installs it as root on Debian"),
]

PHONE = 390
SIGNALS = ("errors", "refusals", "latency", "labels", "joins", "drift")
# Per text that is seen: its size after the scaling of its drawing, and its contrast to what is behind it (WCAG 2.2).
MEASURE = """(() => {
  const pen = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d');
  const pixel = colour => {
    pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data].map(part => part / 255);
  };
  const over = (top, below) => below.map((part, i) => top[i] * top[3] + part * (1 - top[3]));
  const light = colour => colour.slice(0, 3).map(p => p <= 0.04045 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => pixel(getComputedStyle(element).backgroundColor);
  const behind = element => element ? over(ground(element), behind(element.parentElement))
    : ground(document.documentElement);
  const small = [], faint = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement, word = walk.currentNode.data.trim().slice(0, 40);
    if (!word || !element.getClientRects().length || element.closest('style, script, title, .hidden')) continue;
    const style = getComputedStyle(element), drawn = element.closest('svg') && element.getScreenCTM();
    const size = parseFloat(style.fontSize) * (drawn ? Math.hypot(drawn.a, drawn.b) : 1);
    const back = behind(element), ink = over(pixel(drawn ? style.fill : style.color), back);
    const [high, low] = [light(ink), light(back)].sort((a, b) => b - a);
    seen += 1;
    if (size < 11) small.push(word + ' ' + size.toFixed(1));
    if ((high + 0.05) / (low + 0.05) < 4.5) faint.push(word + ' ' + ((high + 0.05) / (low + 0.05)).toFixed(1));
  }
  return {seen, small, faint, across: document.documentElement.scrollWidth};
})()"""


def report(folder: Path, pairs: dict[str, tuple[Side, Side]], task: str) -> Path:
    """The page about a challenger and its champion."""
    made = changes(*pairs[task], code=[f" src/pipeline/{'a' * 90}.py | 2 +-"])
    return write_page(*pairs[task], verdict=None, changes=made, out=folder / task / "index.html")


def releases_page(folder: Path) -> Path:
    """The page of `mainline run`."""
    judge = Judge(Canary())
    logs = [dict.fromkeys(SIGNALS, step * 0.5) for step in range(9)]
    judge.points += [Point(1.0 * i, 0.3, "hold", each["errors"], each, each) for i, each in enumerate(logs)]
    host = Host(folder, 1, began=0.0, names={"one": "champion", "two": "better-model, v1.0.0"})
    host.samples += [Sample(0, "one", "", 0.0), Sample(90, "one", "two", 0.3), Sample(240, "two", "", 0.0)]
    host.evidence["two"] = judge.state()
    past = [entry for entry in PAST if entry["kind"] == "deployment"]
    told = ["better-model: in production as v1.0.0; judged at each step"]
    loop = Loop(weeks.PLAN, [weeks.ONE, weeks.TWO], weeks.SHOWN)
    return write(releases.render(Canary(), past, host, told, Tally(), loop), folder / "run/releases.html")


def history_page(folder: Path) -> Path:
    """The page of `mainline history`, beside the releases'."""
    return write(history.render(PAST), folder / "run/history.html")


def try_page(folder: Path, name: str, *columns: Column) -> Path:
    """The page of the service at /, for a model of columns."""
    signature = Signature(
        task="binary", target="y" * 40, classes=("yes", "no"), estimator="a.B", rows=9, columns=columns
    )
    said = page.render(signature, Settings.read({"MODEL_VERSION": "v" * 21}), info.examples(signature))
    path = folder / f"{name}.html"
    path.write_bytes(said.body)
    return path


@pytest.fixture(scope="module")
def pages(pairs: dict[str, tuple[Side, Side]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every page there is."""
    folder = tmp_path_factory.mktemp("pages")
    form = [Column(name=f"{kind} {'x' * 30}", kind=kind) for kind in ("numeric", "date", "text")]
    choice = Column(name="plan", kind="categorical", categories=("a" * 60, "b"), typical="b")
    pixels = [Column(name=f"pixel_{i // 8}_{i % 8}", kind="numeric", minimum=0, maximum=16) for i in range(64)]
    return {
        **{task: report(folder, pairs, task) for task in pairs},
        "releases": releases_page(folder),
        "history": history_page(folder),
        "form": try_page(folder, "form", *form, choice),
        "drawing": try_page(folder, "drawing", *pixels),
    }


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for all tests of this file."""
    with browser(tmp_path_factory.mktemp("profile")) as made:
        yield made


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_on_a_phone(pages: dict[str, Path], tab: Browser, scheme: str) -> None:
    """At 390 pixels nothing is wider than the window, and each word seen has 11 pixels and a contrast of 4.5."""
    grounds = set()
    for name, path in pages.items():
        tab.open(path, PHONE, scheme)
        found = tab.ask(MEASURE)
        assert found["seen"] > 8, name
        assert found | {"seen": 0} == {"seen": 0, "small": [], "faint": [], "across": PHONE}, name
        grounds.add(tab.ask("getComputedStyle(document.documentElement).backgroundColor"))
    assert len(grounds) == 1


def test_each_width_has_its_own_drawing(pages: dict[str, Path], tab: Browser) -> None:
    """A window shows the wide one, a phone the narrow one, and neither shows both."""
    shown = "[...document.querySelectorAll('svg.wide, svg.narrow')].filter(e => e.getClientRects().length)"
    for width, kind in ((1280, "wide"), (PHONE, "narrow")):
        tab.open(pages["releases"], width, "light")
        assert tab.ask(f"{shown}.map(each => each.classList[1])") == [kind] * 3


def test_what_is_too_small_too_faint_or_too_wide_is_found(tab: Browser, tmp_path: Path) -> None:
    """The measure itself can fail."""
    path = tmp_path / "bad.html"
    path.write_text(
        '<!doctype html><meta name="viewport" content="width=device-width"><html style="background: #fff">'
        '<p style="font-size: 10px; color: #000">tiny</p><p style="color: #888">faint</p>'
        '<p style="width: 500px">wide</p>'
        '<svg width="200" viewBox="0 0 400 20"><text y="16" font-size="16">scaled</text></svg>'
    )
    tab.open(path, PHONE, "light")
    found = tab.ask(MEASURE)
    assert found["small"] == ["tiny 10.0", "scaled 8.0"]
    assert found["faint"] == ["faint 3.5"]
    assert found["across"] > PHONE
