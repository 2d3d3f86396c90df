"""The score for a person, a program and README.md; and the page that says what counts."""

import json
import re
from pathlib import Path

import pytest

from line.tests.doctor.score.made import Made
from mainline import cli
from mainline.doctor import score
from mainline.doctor.score.found import half, nothing, whole
from mainline.doctor.score.rows import ASKED, Row
from mainline.doctor.score.show import badge

PAGE = Path(__file__).parents[4] / "docs/ml-test-score.md"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run the verb; answers its exit code and what it printed."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["doctor", *arguments])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out + said.err


def of(points: dict[str, float]) -> list[Row]:
    """Rows with these points, by the letter of their section: as many whole ones as fit, then a half."""
    found = []
    for name in ASKED:
        have = points[name[0]] - sum(row.points for row in found if row.id[0] == name[0])
        found.append(Row(name, "", whole("") if have >= 1 else half("", "do") if have else nothing("", "do")))
    return found


def test_the_least_section_is_the_score() -> None:
    """A section is the sum of its seven; the others cannot make up for the least."""
    found = of({"D": 7, "M": 3.5, "I": 6, "S": 7})
    assert score.sums(found) == {"Data": 7, "Model": 3.5, "Infrastructure": 6, "Monitoring": 7}
    assert score.score(found) == 3.5


@pytest.mark.parametrize(("least", "colour"), [(7, "brightgreen"), (5.5, "green"), (3, "yellow"), (0, "red")])
def test_a_badge_is_one_line_of_markdown(least: float, colour: str) -> None:
    """It holds the score, and leads to the page that explains it."""
    said = badge(of({"D": 7, "M": least, "I": 7, "S": 7}))
    assert said.startswith(
        f"[![ML Test Score: {least:g} of 7](https://img.shields.io/badge/ML_Test_Score-{least:g}_of_7"
    )
    assert said.endswith(f"-{colour})](docs/ml-test-score.md)")


def test_it_is_said_with_evidence_and_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By section, with what is missing; what is only stated is listed; it ends with 0 however low it is."""
    made = Made(tmp_path)
    made.state("gate", sensitive=[])
    made.commit()
    monkeypatch.chdir(tmp_path)
    code, said = run(capsys, "--score")
    assert code == 0
    assert re.findall(r"(?m)^[✓½✗≡] (\w\d) ", said) == list(ASKED)
    assert "    mainline explore --freeze\n" in said
    assert "not by a measurement: M7" in said
    assert "ML Test Score  0 of 7" in said
    code, said = run(capsys, "--score", "--json")
    assert (code, list(json.loads(said))) == (0, ["score", "sections", "rows"])
    assert run(capsys, "--score", "--badge")[1].count("\n") == 1


@pytest.mark.parametrize("options", [["--badge"], ["--score", "--badge", "--json"]])
def test_a_badge_goes_with_the_score_alone(capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    """Otherwise it is refused by name, before anything is looked at."""
    code, said = run(capsys, *options)
    assert (code, "--badge" in said) == (2, True)


def test_the_page_has_all_tests_by_their_titles() -> None:
    """In order, each with what counts."""
    found = re.findall(r"(?m)^\| (\w\d) (.+?) \| (.*?) \| (.+?) \|", PAGE.read_text())
    assert [(name, title) for name, title, *_ in found] == [(name, title) for name, (title, _) in ASKED.items()]
