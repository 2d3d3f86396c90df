"""A new project works as it is: its own tests, its own run, and other people's tables through the whole line."""

import json
import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest

from line.tests.template.conftest import TOP, Done, call, commit, tool
from mainline import ledger, run
from mainline.package import alike, bento, serving
from mainline.package.pinned import Pinned
from mainline.project import Project
from mainline.run.days import SET_BACK

pytestmark = pytest.mark.slow

Make = Callable[..., Done]
SHARED = TOP.parent / "shared/data"
TABLES = {
    "telco-churn.csv": ("", "Churn (two classes: No, Yes)"),
    "insurance.csv": ("", "charges (a number)"),
}
ENOUGH = 6  # of 7, in each section of the score
SMALL_FORESTS = """
search:
  models:
    - { estimator: sklearn.ensemble.RandomForestClassifier, params: { n_estimators: 10, max_depth: 5 } }
"""


def at_home(root: Path) -> Path:
    """What `make setup` makes, without fetching the packages again.

    An environment of the project's own, in which its wheel of the line and the project itself are installed; the
    packages are those of the environment that runs this test, which has the same pins. What is left out: downloading
    them, and the git hooks. Where mypy has read these packages for the template, it need not do so for the project.
    """
    call(sys.executable, "-m", "venv", "--without-pip", ".venv", cwd=root)
    home = root / ".venv/bin"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (root / f".venv/lib/{version}/site-packages/here.pth").write_text(sysconfig.get_path("purelib"))
    for program in Path(sys.executable).parent.iterdir():
        first, _, rest = program.read_bytes().partition(b"\n") if program.is_file() else (b"", b"", b"")
        if first.startswith(b"#!") and b"python" in first and not (home / program.name).exists():
            (home / program.name).write_bytes(f"#!{home}/python\n".encode() + rest)
            (home / program.name).chmod(0o755)
    install = (
        "install",
        "--quiet",
        "--offline",
        "--compile-bytecode",
        "--no-deps",
        "--no-build-isolation",
        "--python",
        home / "python",
    )
    call(tool("uv"), "pip", *install, "--require-hashes", "--requirement", "requirements/line.txt", cwd=root)
    call(tool("uv"), "pip", *install, "--editable", ".", cwd=root)
    call(home / "python", "-m", "compileall", "-q", "src", cwd=root)
    if (TOP / ".mypy_cache").is_dir():
        shutil.copytree(TOP / ".mypy_cache", root / ".mypy_cache")
    (root / ".venv/.ready").touch()
    return home


def people(rows: int = 900) -> pd.DataFrame:
    """A table with an id, a number, a category, a date, gaps, and a number to predict, with what one tree overfits."""
    random = np.random.default_rng(0)
    age, town = random.integers(18, 90, rows), random.choice(["Ulm", "Bad Homburg", "Käse 🧀"], rows)
    days = pd.to_timedelta(random.integers(0, 400, rows), "D")
    frame = pd.DataFrame(
        {"member_id": [f"m{number}" for number in range(rows)], "age": age.astype(object), "town": town}
    )
    frame["joined"] = (pd.Timestamp("2024-01-01") + days).date.astype(str)
    frame["fee"] = (3.5 * age + 40 * (town == "Ulm") + random.normal(0, 70, rows)).round(2)
    frame.loc[3, "age"], frame.loc[5, "town"] = None, None
    return frame


def steps(said: str) -> list[str]:
    """The commands that a new project's author is told to type, as they are printed."""
    return [line.strip() for line in said.partition("\nnext:\n")[2].splitlines() if line.startswith("  ")]


def walk(steps: list[str], folder: Path) -> Done:
    """Type them into one shell, which stops at the first that fails."""
    return call("bash", "-c", "\n".join(["set -e", *steps]), cwd=folder)


def times(root: Path) -> dict[Path, int]:
    """When each file of a tree was written, git's own aside."""
    found = (path for path in root.rglob("*") if path.is_file() and ".git" not in path.relative_to(root).parts)
    return {path: path.stat().st_mtime_ns for path in found}


def test_a_new_project_passes_its_own_tests_and_begins_as_it_is_told(
    make: Make, template: Path, tmp_path: Path
) -> None:
    """With a table of its own: style, tests, and all that was printed before `make run`, which the example plays."""
    table = "club's members.csv"
    people().to_csv(tmp_path / table, index=False)
    said = make(template, table=table, project_slug="club-fees").said
    assert "target      fee (a number)" in said
    root = tmp_path / "club-fees"
    at_home(root)
    tested = call("make", "test", cwd=root, code=None)
    assert re.search(r"\d{3} passed, 1 skipped", tested.said), tested.said
    assert "no model is built on this machine: `mainline lock` builds it" in tested.said
    assert tested.code == 0
    call(root / ".venv/bin/pre-commit", "install", cwd=root)
    told = steps(said)
    assert told[-1].startswith("make run ")
    walk(told[:-1], tmp_path)
    again = call(".venv/bin/pytest", "tests/test_project.py", cwd=root).said
    assert re.search(r"4 passed|\.{4} ", again), again
    assert call("git", "status", "--porcelain", cwd=root).said == ""
    assert call("git", "ls-files", "data/source", "dvc.lock", cwd=root).said.split("\n")[:-1] == [
        "data/source/.gitignore",
        f"data/source/{table}.dvc",
        "dvc.lock",
    ]


def test_the_first_day_of_the_example_scores_six_of_seven(make: Make, template: Path, tmp_path: Path) -> None:
    """By what its page says of it, with the hooks on: at first the model has less, and so has what was not rehearsed.

    What is searched leaves room for a better model, since `make run` has one to release then.
    """
    told = steps(make(template).said)
    root = tmp_path / "my-model"
    home = at_home(root)
    call(home / "pre-commit", "install", cwd=root)
    *before_the_run, run_it, score_it = first_day(root)
    assert (run_it.split()[:2], score_it) == (told[-1].split()[:2], "mainline doctor --score")
    walk([*told[:2], before_the_run[0]], tmp_path)
    assert points(root)["Model"] < ENOUGH
    with (root / "params.yaml").open("a") as params:
        params.write(SMALL_FORESTS)
    searched = [line.replace("--take", "--take 3") for line in before_the_run[1:]]
    assert "✓ PASS" in walk([*told[:2], *searched], tmp_path).said
    assert "models/search.json" in call("git", "ls-files", cwd=root).said
    had = points(root)
    assert had["Model"] >= ENOUGH > max(had["Infrastructure"], had["Monitoring"])

    head = call("git", "rev-parse", "HEAD", cwd=root).said
    before = times(root)
    plays(walk([*told[:2], run_it], tmp_path).said)
    left_its_tracks(root / run.FOLDER)
    after = {path: path.stat().st_mtime_ns for path in before if path.exists()}
    assert after == before
    assert call("git", "rev-parse", "HEAD", cwd=root).said == head
    assert call("git", "status", "--porcelain", cwd=root).said == ""
    assert min(points(root).values()) >= ENOUGH, points(root)


def first_day(root: Path) -> list[str]:
    """The commands of the page's section, without what another test runs, or what needs a network."""
    section = (root / "docs/ml-test-score.md").read_text().partition("\n## The first day\n")[2]
    block = section.partition("```sh\n")[2].partition("```")[0]
    return [line for line in block.splitlines() if not line.startswith(("make test", "mainline package --audit"))]


def points(root: Path) -> dict[str, float]:
    """What each section of the score has, as the project's own `mainline` says it."""
    home = root / ".venv/bin"
    said = call(home / "mainline", "doctor", "--score", "--json", cwd=root, PATH=f"{home}:{os.environ['PATH']}").said
    return dict(json.loads(said)["sections"])


def plays(said: str) -> None:
    """The better model goes to production by canary, and what is broken goes back."""
    for line in (
        "better-model: certified and merged",
        "better-model: in production as v1.0.0",
        "worse-model: not certified, not merged",
        "to the last bit",
        "no request of theirs failed",
    ):
        assert line in said
    assert re.search("[✓·] the loop: ", said)  # whether it comes to the end, is the table's
    assert "it died" not in said
    reasons = {line.split(": ")[0].strip("✓ "): line for line in said.splitlines() if ": rolled back; " in line}
    assert "labelled answers of the canary were wrong" in reasons["faster-input"]
    assert "answers of the canary took over" in reasons["audit-trail"]


def left_its_tracks(folder: Path) -> None:
    """Pages that lead to each other, the ledger's and git's history, and hooks like the project's."""
    names = ["better-model.html", "history.html", "releases.html", "worse-model.html"]
    for name in names:
        assert re.findall('href="(.*?)"', (folder / "reports" / name).read_text()) == names
    entries = ledger.read(folder / "clone").deployments()
    events = [entry["event"] for entry in entries if entry["reason"] != SET_BACK]
    way = ["started", "canary", "passed", "releasing", "releasing", "promoted"]
    before = ["started", "promoted", *way, *["started", "canary", "rolled back"] * 2]
    assert events in (before, [*before, *way])  # the second time, what was trained again
    subjects = call("git", "log", "--format=%s", "origin/main", cwd=folder / "clone").said.splitlines()
    assert {"Merge better-model", 'Revert "Merge faster-input"', 'Revert "Merge audit-trail"'} < set(subjects)
    assert "Merge worse-model" not in subjects
    assert (folder / "clone/.git/hooks/pre-commit").exists()


@pytest.mark.parametrize("history", ["none", "of its own"])
def test_what_is_printed_after_renaming_works_as_it_stands(template: Path, tmp_path: Path, history: str) -> None:
    """In a folder that was unpacked as in a clone: a first commit of everything, then the environment, then the run."""
    root = tmp_path / "a clone"
    call("git", "clone", "--quiet", template, root, cwd=tmp_path)
    if history == "none":
        shutil.rmtree(root / ".git")
    told = steps(call("python3", "scripts/rename.py", "my-model", cwd=root).said)
    at_home(root)
    assert told[-1].startswith("make run ")
    walk(told[:-1], root)
    assert call("git", "status", "--porcelain", cwd=root).said == ""
    assert call("git", "log", "-1", "--format=%s", "main", cwd=root).said == "Start my-model\n"


@pytest.mark.skipif(not SHARED.exists(), reason="the tables of ../shared/data are not on this machine")
def test_what_is_to_be_predicted_is_found(make: Make, template: Path) -> None:
    """In the last column of a table of numbers and categories, where nobody says which."""
    target, line = TABLES["telco-churn.csv"]
    assert line in make(template, table=str(SHARED / "telco-churn.csv"), target=target).said


@pytest.mark.skipif(not SHARED.exists(), reason="the tables of ../shared/data are not on this machine")
def test_a_table_of_others_goes_from_the_question_to_an_answer(make: Make, template: Path, tmp_path: Path) -> None:
    """A build by DVC itself, the gate against a dummy model, the Bento, a prediction: no edit by hand.

    A table of texts does so in repository/test_example_reviews.py.
    """
    name = "insurance.csv"
    target, line = TABLES[name]
    assert line in make(template, table=str(SHARED / name), target=target).said
    root = tmp_path / "my-model"
    path = f"{at_home(root)}:/usr/bin:/bin"
    call("git", "switch", "--quiet", "--create", "first", cwd=root)
    call("dvc", "repro", "--quiet", cwd=root, PATH=path)
    assert (
        "commit what changed: git add data/card.md data/croissant.json dvc.lock models/card.md"
        in call("mainline", "lock", cwd=root, PATH=path).said
    )
    commit(root, "The first champion")
    assert "up to date" in call("dvc", "status", cwd=root, PATH=path).said
    assert "PASS" in call("mainline", "gate", "--base", "main", cwd=root, PATH=path).said
    assert re.search(r"my-model:\w+-\w+ built", call("mainline", "package", cwd=root, PATH=path).said)
    made, pinned = bento.build(Project(root)), Pinned.at_head(Project(root))
    assert not made.built
    row = alike.questions(pinned).head(1)
    with serving.serving(made, tmp_path / "log") as address:
        assert httpx.get(f"{address}/model").json()["version"].startswith(pinned.commit[:12])
        answer = serving.predict(address, row)
        as_it_stands = pd.read_csv(SHARED / name, nrows=1)
        assert len(serving.predict(address, as_it_stands)) == 1
    wanted = alike.answers(pinned).head(1)
    assert alike.differing(answer, wanted) == 0
