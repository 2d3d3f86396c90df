"""What the run did not mean to show has a cross, on the page and in the terminal, and ends it with an error."""

from pathlib import Path

import pytest

from line.tests.projects import commit_all, with_origin
from mainline import run
from mainline.errors import MainlineError
from mainline.project import Project
from mainline.run import page
from mainline.run.host import Host, Sample
from mainline.run.loop import Loop
from mainline.run.outcome import Outcome
from mainline.run.scratch import Scratch
from mainline.run.users import Tally

FINE = Outcome("worse-model", "not certified, not merged", "shown")
OPEN = Outcome("better-model", "not certified", "open")
DIED = Outcome("audit-trail", "given up, and not by the judge; it died 5 times", "wrong")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with an origin, and nothing in it."""
    made = with_origin(tmp_path)
    (made / "params.yaml").write_text("{}\n")
    commit_all(made, "Begin")
    return made


@pytest.mark.parametrize("samples", [[], [Sample(0.0, "", "", 0.0)], [Sample(0.0, "v1", "", 0.0)]])
def test_the_page_marks_each_outcome(root: Path, samples: list[Sample]) -> None:
    """A tick, a dot or a cross; and there is a page however early the run has ended."""
    host = Host(root / "host", 1, samples=samples, names={"v1": "champion"})
    page.write(root / "page.html", Project(root), host, [FINE, OPEN, DIED], Tally(), Loop())
    text = (root / "page.html").read_text()
    for line in ("\u2713 worse-model: not", "\u00b7 better-model: not", "\u2717 audit-trail: given up"):
        assert line in text


@pytest.mark.parametrize(("told", "wrong"), [([FINE, OPEN], False), ([FINE, DIED, OPEN], True)])
def test_the_summary_ends_as_it_went(
    root: Path, capsys: pytest.CaptureFixture[str], told: list[Outcome], wrong: bool
) -> None:
    """With one line of error where a cross stands, and else with none."""
    clone = Scratch(root, root.parent)
    if wrong:
        with pytest.raises(MainlineError, match=r"^the run did not go as it is meant to: audit-trail: .*5 times$"):
            run._summary(clone, Project(root), told, 1.0)
    else:
        run._summary(clone, Project(root), told, 1.0)
    shown = capsys.readouterr().out
    assert "\u2713 worse-model" in shown
    assert ("\u2717 audit-trail" in shown) == wrong
    assert "\u2713 audit-trail" not in shown
