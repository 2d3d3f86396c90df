"""`mainline explore` on a project that is built: page, one row, rules; and what a branch's report says of its data."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from line.tests.projects import commit_all, edit
from mainline.commands import lock, report
from mainline.errors import ConfigError
from mainline.explore import built
from mainline.project import Project

Say = Callable[..., str]
RULES = "  rules:\n    # nobody is older\n    age: { maximum: 120 } # years\n"


def table(rows: int = 600) -> pd.DataFrame:
    """Customers: one age is none, one plan has no name."""
    random = np.random.default_rng(0)
    age = random.integers(18, 90, rows)
    frame = pd.DataFrame(
        {"age": age, "size": random.normal(6, 1, rows).round(2), "plan": random.choice(["a", "b"], rows)}
    )
    frame["churned"] = np.where(age + random.normal(0, 20, rows) > 50, "yes", "no")
    frame.loc[0, "age"] = 300
    return frame


def build(root: Path, frame: pd.DataFrame, message: str) -> Project:
    """The project about this table, built and committed."""
    frame.to_csv(root / "data/source/t.csv", index=False)
    lock.refresh(Project(root))
    commit_all(root, message)
    return Project(root)


def test_a_project_without_the_stage_is_told_where_it_comes_from(tmp_path: Path) -> None:
    """No lock would write its profile."""
    for name, text in {"params.yaml": "{}", "dvc.lock": "", "dvc.yaml": "stages: {}"}.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=r"no stage writes data/profile.json; take .* from the template"):
        built.read(Project(tmp_path))
    (tmp_path / "dvc.yaml").write_text("stages: {explore: {outs: [data/profile.json]}}")
    with pytest.raises(ConfigError, match="nothing is built yet; run `mainline lock`"):
        built.read(Project(tmp_path))


@pytest.fixture
def about_customers(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built project about customers, on a branch, in which the shell stands."""
    edit(project, data={"source": "data/source/t.csv", "target": "churned", "rows": None})
    path = project / "params.yaml"
    before, _, rest = path.read_text().partition("  rules:\n")
    path.write_text(before + RULES + "\n" + rest.partition("\n\n")[2])
    build(project, table(), "Customers")
    monkeypatch.chdir(project)
    return project


@pytest.mark.slow
def test_a_table_is_shown_a_row_followed_and_what_holds_written_down(
    about_customers: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that the verb does, in the order in which one does it; what is not built any more is refused."""
    root = about_customers
    assert "report/data.html" in say("explore")
    assert "age: above 120" in (root / "report/data.html").read_text()
    assert json.loads(say("explore", "--json"))["quarantine"] == {"age: above 120": 1}
    _follow_rows(root, say)
    before = (root / "params.yaml").read_text()
    said = say("explore", "--freeze")
    assert "wrote 2 rules" in said
    assert "put aside 0 of" in said
    rules = "    size: { minimum: 0, required: true }\n    plan: { allowed: [a, b], required: true }\n"
    assert (root / "params.yaml").read_text() == before.replace(RULES, RULES.replace("rules:\n", f"rules:\n{rules}"))
    assert say("explore").startswith("2 ")
    assert "is not current: validate" in say("explore")
    lock.refresh(Project(root))
    assert "nothing to write" in say("explore", "--freeze")
    assert (root / "params.yaml").read_text() == before.replace(RULES, RULES.replace("rules:\n", f"rules:\n{rules}"))
    _change_the_table(root)
    _refuse_what_is_not_built(root, say, monkeypatch)


def _follow_rows(root: Path, say: Say) -> None:
    ids = {
        name: pd.read_parquet(root / f"data/{name}.parquet")["row_id"].iloc[0]
        for name in ("dev", "quarantine", "sealed/labels")
    }
    row = say("explore", "--row", ids["dev"])
    assert "is a dev row" in row
    assert "churned" in row
    aside = say("explore", "--row", ids["quarantine"])
    assert "is in quarantine: age: above 120" in aside
    assert "300" not in aside
    sealed = say("explore", "--row", ids["sealed/labels"])
    assert sealed.startswith("4 ")
    assert "is sealed" in sealed
    assert say("explore", "--row", "nobody").startswith("2 ")


def _change_the_table(root: Path) -> None:
    """The report of a branch tells new categories, gaps and hints, against the branch it came from."""
    commit_all(root, "Freeze")
    base = Project(root).commit_of("HEAD")
    frame = table()
    frame.loc[frame.index % 9 == 0, "plan"] = "?"
    frame.loc[frame.index % 90 == 0, "size"] = 0
    edit(root, validate={"rules": {}})
    written = report.write(build(root, frame, "Another export"), base)
    for text in (written.page.read_text(), written.comment.read_text()):
        assert "Looks odd now" in text
        assert "which may mean nothing" in text
        assert "categories" in text


def _refuse_what_is_not_built(root: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """Absent as in a fresh clone, never built, and outside of a project."""
    (root / "data/profile.json").unlink()
    assert "run `mainline outputs restore`" in say("explore")
    (root / "dvc.lock").unlink()
    assert "nothing is built yet; run `mainline lock`" in say("explore")
    monkeypatch.chdir(root.parent)
    assert "run this from your project" in say("explore")
