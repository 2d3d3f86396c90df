"""A table of one's own: what is inferred without the project's packages is what the pipeline infers with them."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from line.tests.template.conftest import BARE, TOP, Done, call, tree
from pipeline import params, sections
from pipeline.table import columns, sources, task

sys.path.insert(0, str(TOP / "scripts"))
import cells
import look
import sealed
import settings

from mainline import config
from mainline.gate import budget, levels
from mainline.project import Project

SHARED = TOP.parent / "shared/data"
HARD = 'käse "x" 🙂.csv'
TARGET = 'is it\'s "good"? 🙂 #1: $target'
ODD = {
    "numbers": "a,b\n1,2\nx,3\n" + "".join(f"{n},{n % 3}\n" for n in range(60)),
    "dates": "when,note,y\n" + "".join(f"2024-01-{n:02},once upon a time {n},{n % 2}\n" for n in range(1, 29)),
    "truth": "on,one,blank,y\n" + "".join(f"{'true' if n % 2 else 'False'},1,,{n / 7}\n" for n in range(30)),
    "names": "customerID,n,y\n" + "".join(f"c{n},NA,{'ja' if n % 3 else 'nein'}\n" for n in range(70)),
    "gaps": "x,y\n" + "".join(f"{n if n % 3 else 'NA'},{n % 2}\n" for n in range(60)),
    "many": "x,y\n" + "".join(f"{n},{n}\n" for n in range(21)),
    "few": "x,y\n" + "".join(f"{n},{n % 20}.0\n" for n in range(60)),
    "quoted": '"a; b","y"\n' + "".join(f'"line\none, {n}",{n % 4}\n' for n in range(40)),
    "accounts": "account,y\n" + "".join(f"{1925036343869802001 + n % 9},{n % 2}\n" for n in range(40)),
    "words": "x,on,y\n" + "".join(f"{n},{('true', 'TRUE', 'None', 'maybe')[n % 4]},{n % 2}\n" for n in range(40)),
    "decimals": "a,b,y\n" + "".join(f'"{n},{n % 7}","{n % 9},5 €",{n % 2}\n' for n in range(40)),
    "thousands": "a,b,y\n" + "".join(f'"{n * 999:,}",{n % 7 or "?"},{n % 2}\n' for n in range(40)),
    "Chinese": "a,y\n" + "".join(f"房间{n}号很干净早餐也不错下次还来,{n % 2}\n" for n in range(40)),
    "cities": "city,y\n" + "".join(f"{('Ulm', 'Bonn', 'Kiel')[n % 3]} ,{n % 2}\n" for n in range(40)),
}


def by_the_pipeline(path: Path, target: str) -> tuple[dict[str, str], str]:
    """The kinds and the task that the stages infer."""
    data = sections.Data(source=str(path), target=target)
    frame = sources.read(data)
    kinds = {name: columns.kind_of(columns.parse(frame[name])[0]) for name in frame}
    return kinds, task.infer(task.parse_target(frame[target], data)[0].dropna(), data)


@pytest.mark.parametrize("name", ODD)
def test_both_ways_of_looking_see_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Kinds and task, from a table of odd cells: by hand, with the packages, and by the stages themselves."""
    path = tmp_path / f"{name}.csv"
    path.write_text(ODD[name])
    same_by_each_way(path, "y" if "y" in ODD[name].splitlines()[0] else "b", monkeypatch)


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="the tables of ../shared/data are not on this machine")
@pytest.mark.parametrize(
    ("name", "target"), [("telco-churn.csv", "Churn"), ("insurance.csv", "charges"), ("sms-spam.tsv", "label")]
)
def test_both_ways_see_the_same_in_tables_of_others(name: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of real rows, where the target need not be named."""
    seen = same_by_each_way(SHARED / name, target, monkeypatch)
    assert look.look(SHARED / name, "", "auto", TOP) == seen


def same_by_each_way(path: Path, target: str, patch: pytest.MonkeyPatch) -> look.Seen:
    """Look by hand, by the packages, and by the stages."""
    seen = []
    for at_hand in (True, False):
        patch.setattr(look, "packages_at_hand", lambda _, at_hand=at_hand: at_hand)
        seen.append(look.look(path, target, "auto", TOP))
    kinds, inferred = by_the_pipeline(path, target)
    for one in seen:
        assert ({name: facts.kind for name, facts in one.columns.items()}, one.task) == (kinds, inferred)
    assert seen[0]._replace(columns={}) == seen[1]._replace(columns={})
    return seen[1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b,y\n1,é,2\n".encode("latin1"), "line 2: not UTF-8 text; set data.encoding: cp1252"),
        (b"a,b,y\n1,'x, z',2\n2,'y, z',3\n", 'set data.quote: "\'"'),
        (b"1.5,x,2\n2.5,x,3\n", "line 1 holds data and no names"),
        (b"a,b,y\n1,2,3,4\n", "line 2 has 4 fields, the first one 3"),
        (b'a,b,y\n1,"2,3\n', "a quote is never closed"),
        (b"a,a,y\n1,2,3\n", "column 'a' stands there twice"),
        (b"Sales,,\na,b,y\n1,2,3\n", "line 1 names 1 of 3 columns; remove what stands above the header"),
    ],
    ids=["latin1", "quotes", "no header", "long row", "open", "twice", "title"],
)
def test_both_ways_refuse_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, said: str) -> None:
    """In the words of `ingest`."""
    (tmp_path / "t.csv").write_bytes(content)
    refusals = set()
    for at_hand in (True, False):
        monkeypatch.setattr(look, "packages_at_hand", lambda _, at_hand=at_hand: at_hand)
        with pytest.raises(SystemExit) as refused:
            look.look(tmp_path / "t.csv", "", "auto", TOP)
        refusals.add(str(refused.value))
    assert len(refusals) == 1
    assert said in refusals.pop()


def test_a_column_without_a_name_is_ignored_by_each_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `ingest` leaves it out: it is what pandas writes for the rows' numbers."""
    path = tmp_path / "t.csv"
    path.write_text(",x,y\n" + "".join(f"{n},{n / 7},{n % 2}\n" for n in range(40)))
    for at_hand in (True, False):
        monkeypatch.setattr(look, "packages_at_hand", lambda _, at_hand=at_hand: at_hand)
        kinds = {name: facts.kind for name, facts in look.look(path, "y", "auto", TOP).columns.items()}
        assert kinds == {"Unnamed: 0": "ignored", "x": "numeric", "y": "numeric"}


def test_the_packages_are_at_hand_where_their_versions_are_the_pinned_ones(tmp_path: Path) -> None:
    """Another version of pandas may read otherwise: then the standard library looks."""
    (tmp_path / "requirements").mkdir()
    pins = (TOP / "requirements/dev.txt").read_text()
    for text, at_hand in ((pins, True), (pins.replace("pandas==", "pandas==9"), False)):
        (tmp_path / "requirements/dev.txt").write_text(text)
        assert look.packages_at_hand(tmp_path) == at_hand


@pytest.mark.parametrize(
    ("name", "identity"), [("id", True), ("customerID", True), ("user_id", True), ("paid", False), ("row", False)]
)
def test_a_column_names_the_rows_by_name_and_content(name: str, identity: bool) -> None:
    """It is called id, and no two rows have the same there."""
    unique = [str(number) for number in range(30)]
    assert look.is_id(name, cells.column(unique)) == identity
    assert not look.is_id(name, cells.column([*unique, "0"]))


@pytest.mark.parametrize(
    "value", ["plain", "data/a.csv", "no", "1", "", "a: b", "#x", 'q"\\', "🙂 ä", "- x", "null", "1e5"]
)
def test_any_text_is_written_as_yaml(tmp_path: Path, value: str) -> None:
    """And read back by the pipeline as it was, whatever it looks like."""
    seen = look.Seen(None, value, None, "binary", {})
    text = settings.params((TOP / "line/tests/example.yaml").read_text(), value, seen, "auto")
    (tmp_path / "params.yaml").write_text(text)
    data = params.load(tmp_path / "params.yaml").data
    assert (data.source, data.target) == (value, value)


@pytest.mark.slow
def test_hard_names_come_through(make: Callable[..., Done], template: Path, tmp_path: Path) -> None:
    """Quotes, emoji and $ in the table's name and the target's: by cookiecutter and by the script, the same project."""
    rows = "".join(f'{n};"{n}, or so";{"yes" if n % 2 else "no"}\n' for n in range(40))
    column = TARGET.replace('"', '""')
    (tmp_path / HARD).write_text(f'customer_id;size;"{column}"\n{rows}')
    said = make(template, table=HARD, target=TARGET, project_slug="hard-names").said
    for line in (f"  target      {TARGET} (two classes: no, yes)", "  row names   customer_id", "  text        size"):
        assert line in said
    root = tmp_path / "hard-names"
    data = params.load(root / "params.yaml").data
    assert (data.source, data.separator, data.target, data.id) == (f"data/source/{HARD}", ";", TARGET, "customer_id")
    assert list(sources.read(data.model_copy(update={"source": str(root / data.source)}))) == [
        "customer_id",
        "size",
        TARGET,
    ]
    assert [name for name in ("dvc.lock", "models/card.md", "data/card.md") if (root / name).exists()] == []
    assert f"`{TARGET}` from `data/source/{HARD}`" in (root / "README.md").read_text()
    assert call("git", "status", "--porcelain", cwd=root).said == ""

    other = tmp_path / "other"
    call("git", "clone", "--quiet", template, other, cwd=tmp_path)
    command = "scripts/rename.py", "hard-names", "--table", tmp_path / HARD, "--target", TARGET
    call(BARE, *command, cwd=other)
    assert tree(other) == tree(root)


@pytest.mark.slow
def test_a_parquet_file_is_taken_as_it_is_said(make: Callable[..., Done], template: Path, tmp_path: Path) -> None:
    """Without the packages nobody looks into it; with them the same is inferred as from text."""
    frame = pd.DataFrame({"user_id": range(40), "x": [n / 7 for n in range(40)], "y": [n / 3 for n in range(40)]})
    frame.to_parquet(tmp_path / "t.parquet")
    (tmp_path / "copy").mkdir()
    said = {}
    for python in (sys.executable, BARE):
        shutil.rmtree(tmp_path / "copy")
        shutil.copytree(template, tmp_path / "copy")
        command = "scripts/rename.py", "my-model", "--table", tmp_path / "t.parquet", "--target", "y"
        said[python] = call(python, *command, cwd=tmp_path / "copy").said
        text = (tmp_path / "copy/params.yaml").read_text()
        assert ("id: user_id" in text) == (python == sys.executable)
    assert "target      y (a number)" in said[sys.executable]
    assert "is it a number? then train.estimator: sklearn.tree.DecisionTreeRegressor" in said[python]


def test_what_is_said_of_sealed_rows_is_what_the_gate_will_say() -> None:
    """The standard library's figures are those of the gate, for any table; share, delta and lives, too."""
    assert (sections.Split().sealed, config.Gate().delta) == (sealed.SHARE, sealed.DELTA)
    assert sealed.LIVES == budget.LIVES
    for rows in (30, 52, 312, 1750, 35_000):
        life = budget.life_for(rows)
        level = levels.level(1, 0, life=life)
        for spread in (0.01, 0.09, 0.25):
            assert sealed.gain(rows, life, spread) == pytest.approx(levels.detectable_effect(level, spread, rows))


@pytest.mark.parametrize(
    ("rows", "life", "said"),
    [
        (
            891,
            8,
            "with about 312 sealed rows and 8 decisions (gate.life), a gain of 5.7 points can be certified (80% power)",
        ),
        (150, 4, "with about 52 sealed rows and 4 decisions (gate.life), no gain can be certified over a model"),
        (5000, 32, "with about 1,750 sealed rows and 32 decisions (gate.life), a gain of 2.7 points"),
    ],
)
def test_a_project_begins_with_the_life_that_its_rows_allow(rows: int, life: int, said: str, tmp_path: Path) -> None:
    """Fewer decisions where there are few rows, with what they can certify, in words."""
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{n / 7},{'no' if n % 3 else 'yes'}\n" for n in range(rows)))
    seen = look.look(path, "y", "auto", TOP)
    assert seen.rows == rows
    assert said in "\n".join(settings.story("mine", "t.csv", seen))
    (tmp_path / "params.yaml").write_text(settings.params((TOP / "params.yaml").read_text(), "t.csv", seen, "auto"))
    assert Project(tmp_path).gate.life == life
    assert "stated" not in (tmp_path / "params.yaml").read_text()  # what is of the digits is of no other table
    unknown = seen._replace(rows=0)
    assert "sealed rows" not in "\n".join(settings.story("mine", "t.csv", unknown))
    (tmp_path / "params.yaml").write_text(settings.params((TOP / "params.yaml").read_text(), "t.csv", unknown, "auto"))
    assert Project(tmp_path).gate.life == 32


def test_a_number_is_foreseen_in_its_own_unit() -> None:
    """In variances of the target."""
    assert "a gain of 0.057 of the target's variance can be certified" in sealed.outlook(891, "regression")
