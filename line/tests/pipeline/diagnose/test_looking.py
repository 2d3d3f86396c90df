"""What a diagnosis says of models that are good, leak, are lucky, or learn nothing; in pairs."""

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from pipeline import features
from pipeline.diagnose import few, importance, itself, learning, looking, seeds, view
from pipeline.params import Params
from pipeline.stages import diagnose
from pipeline.table import tables
from tests.pipeline.conftest import Settings

LINEAR = {"estimator": "sklearn.linear_model.LogisticRegression", "params": {"max_iter": 200}}
REVIEWS = Path(__file__).parents[4].parent / "shared/data/reviews.csv"
ALL = ("shuffled labels", "a small set first", "simpler models", "seeds", "columns", "twice the rows", "staleness")


def states(found: dict[str, Any]) -> dict[str, str]:
    """The state of each check."""
    return {each["name"]: each["state"] for each in found["checks"]}


def look(frame: pd.DataFrame, params: Params) -> dict[str, Any]:
    """The diagnosis of a table."""
    return looking.look(frame, params)[0]


@pytest.fixture
def noise() -> pd.DataFrame:
    """150 rows of two numbers that say nothing of the label."""
    random = np.random.default_rng(3)
    frame = pd.DataFrame(random.normal(size=(150, 2)), columns=["a", "b"])
    frame.insert(0, "row_id", [f"r{n}" for n in range(150)])
    return frame.assign(label=pd.Series(random.choice(["no", "yes"], 150), dtype="str"))


@pytest.mark.slow
def test_the_same_rows_give_the_same_bytes(folder: Path, mixed: pd.DataFrame, settings: Settings) -> None:
    """Twice; with all figures, and an answer for each row that was held out."""
    tables.write(mixed, "data/train.parquet")
    seen = set()
    for _ in range(2):
        diagnose.run(settings())
        seen.add((diagnose.DIAGNOSIS.read_bytes(), diagnose.ANSWERS.read_bytes()))
    assert len(seen) == 1
    found = json.loads(diagnose.DIAGNOSIS.read_text())
    assert (found["rows"], found["of"], found["folds"], found["chance"]) == (240, 240, 5, 0.5)
    assert set(states(found)) <= set(ALL)
    assert states(found)["shuffled labels"] == "fine"
    assert found["features"][0]["name"] == "age"
    assert not found["features"][0]["useless"]
    assert next(each for each in found["features"] if each["name"] == "since")["useless"]
    answers = tables.read(diagnose.ANSWERS)
    assert [*answers] == ["row_id", "prediction", "p_no", "p_yes", "fold", "suspicion"]
    assert answers["row_id"].tolist() == mixed["row_id"].tolist()
    assert np.allclose(answers["suspicion"], 1 - np.where(mixed["label"] == "no", answers["p_no"], answers["p_yes"]))


@pytest.mark.parametrize("off", [False, {"rows": 0}])
def test_it_can_be_turned_off(folder: Path, mixed: pd.DataFrame, settings: Settings, off: object) -> None:
    """Then its files say that nothing was looked at."""
    tables.write(mixed, "data/train.parquet")
    diagnose.run(settings(diagnose=off))
    assert json.loads(diagnose.DIAGNOSIS.read_text()) == {"rows": 0, "checks": []}
    assert tables.read(diagnose.ANSWERS).empty


class Remembers(DecisionTreeClassifier):  # type: ignore[misc]
    """A leak: labels are kept from one fit to the next, by the rows' numbers."""

    known: ClassVar[dict[bytes, str]] = {}

    def fit(self, x: Any, y: Any, *args: Any, **more: Any) -> "Remembers":
        """Learn by heart, beside."""
        self.known.update({row.tobytes(): label for row, label in zip(np.asarray(x, "float32"), y, strict=True)})
        return super().fit(x, y, *args, **more)  # type: ignore[no-any-return]

    def predict_proba(self, x: Any) -> Any:
        """What is known of a row, or what the tree says."""
        told = super().predict_proba(x)
        for at, row in enumerate(np.asarray(x, "float32")):
            if row.tobytes() in self.known:
                told[at] = self.classes_ == self.known[row.tobytes()]
        return told


class LooksUp(features.Clip):
    """A leak: a step that reads the labels in a table that a stage has written."""

    table: ClassVar[str] = "data/train.parquet"

    def transform(self, numbers: Any) -> np.ndarray:
        """The label of a row in place of its first number."""
        table = pd.read_parquet(self.table)
        labels = dict(zip(table["a"].round(9), (table["label"] == "yes").astype("float64"), strict=True))
        found = super().transform(numbers).copy()
        found[:, 0] = [labels.get(round(value, 9), 0.5) for value in found[:, 0]]
        return found


def test_a_model_that_keeps_labels_from_fit_to_fit_fails(noise: pd.DataFrame, settings: Settings, folder: Path) -> None:
    """It foretells labels in any order; a tree that does not, passes on the same rows."""
    tables.write(noise, "data/train.parquet")
    assert states(look(noise, settings()))["shuffled labels"] == "fine"
    Remembers.known.clear()
    found = look(noise, settings(train={"estimator": f"{__name__}.Remembers", "scale": False}))
    assert states(found)["shuffled labels"] == "failed"
    assert len(found["shuffled"]["scores"]) == 4
    assert found["shuffled"]["score"] > found["shuffled"]["bound"]
    said = next(each["said"] for each in found["checks"] if each["state"] == "failed")
    assert "look in src/pipeline/features.py" in said


def test_a_step_that_looks_labels_up_fails(
    noise: pd.DataFrame, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In data/train.parquet, which holds the labels as they are tried; and one comes back to one's folder."""
    tables.write(noise, "data/train.parquet")
    params = settings(train={"scale": False, "columns": {"a|b": {"clip": [0, 1]}}})
    assert states(look(noise, params))["shuffled labels"] == "fine"
    monkeypatch.setattr(features, "Clip", LooksUp)
    assert states(look(noise, params))["shuffled labels"] == "failed"
    assert Path.cwd() == folder


def test_a_step_that_looks_labels_up_elsewhere_is_not_cleared(
    noise: pd.DataFrame, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other tables still hold the labels as they were, which say nothing of others: there they are missing."""
    tables.write(noise, "data/split.parquet")
    monkeypatch.setattr(features, "Clip", LooksUp)
    monkeypatch.setattr(LooksUp, "table", "data/split.parquet")
    found = look(noise, settings(train={"scale": False, "columns": {"a|b": {"clip": [0, 1]}}}))
    assert "shuffled labels" not in states(found)
    assert any(each.startswith("shuffled labels: not looked at") for each in found["remarks"])


@pytest.mark.slow
def test_a_model_must_beat_simpler_ones(noise: pd.DataFrame, mixed: pd.DataFrame, settings: Settings) -> None:
    """One that learns nothing is told so, with the name of the one to beat; one that learns is not."""
    idle = look(mixed, settings(train={"estimator": "sklearn.dummy.DummyClassifier"}))
    assert states(idle)["simpler models"] == states(idle)["a small set first"] == "warning"
    assert idle["seeds"] is None
    good = look(mixed, settings(train=LINEAR))
    assert states(good)["simpler models"] == "fine"
    assert good["seeds"] is None  # as it draws nothing


@pytest.mark.parametrize(("inverse", "state"), [(1.0, "fine"), (1e-9, "warning")])
def test_a_linear_model_need_not_learn_by_heart(settings: Settings, inverse: float, state: str) -> None:
    """Where columns say little it learns something of a hundred rows; held back, nothing."""
    random = np.random.default_rng(9)
    frame = pd.DataFrame(random.normal(size=(400, 2)), columns=["a", "b"])
    frame["label"] = pd.Series(np.where(frame["a"] + 2 * random.normal(size=400) > 1, "y", "n"), dtype="str")
    frame.insert(0, "row_id", [*map(str, range(400))])
    seen = view.of(frame, settings(train=LINEAR | {"params": {"C": inverse}}))
    found = few.look(seen)
    assert found.figures["score"] < few.ENOUGH
    assert found.check.state == state


@pytest.mark.parametrize(("gain", "state"), [(0.01, "warning"), (0.9, "fine")])
def test_a_lucky_seed_is_told_from_a_steady_one(
    mixed: pd.DataFrame, settings: Settings, gain: float, state: str
) -> None:
    """What a tree of random cuts swings by is over half of a small gain, and far from half of a great one."""
    seen = view.of(mixed, settings(train={"estimator": "sklearn.tree.ExtraTreeClassifier"}))
    found = seeds.look(seen, itself.ask(seen), gain)
    assert found
    assert found.check.state == state


@pytest.mark.parametrize(("times", "state"), [(1.9, "warning"), (2.1, "fine")])
def test_luck_is_a_spread_of_over_half_the_gain(
    mixed: pd.DataFrame, settings: Settings, times: float, state: str
) -> None:
    """Just below twice the spread, and just above."""
    seen = view.of(mixed, settings(train={"estimator": "sklearn.tree.ExtraTreeClassifier"}))
    own = itself.ask(seen)
    spread = seeds.look(seen, own, 1.0).figures["spread"]
    assert seeds.look(seen, own, times * spread).check.state == state


def test_a_column_is_useless_within_two_standard_errors(noise: pd.DataFrame, settings: Settings) -> None:
    """Of thirty that say nothing, some seem to say something by luck: by more than one, and less than two."""
    random = np.random.default_rng(8)
    more = pd.DataFrame(random.normal(size=(150, 30)), columns=[f"x{n}" for n in range(30)])
    seen = view.of(pd.concat([noise, more], axis=1), settings(train=LINEAR))
    found = importance.look(seen, itself.ask(seen)).figures
    assert [each["useless"] for each in found] == [each["worth"] <= 2 * each["se"] for each in found]
    assert any(each["se"] < each["worth"] <= 2 * each["se"] for each in found)


def test_numbers_are_scored_by_r2(numbers: pd.DataFrame, settings: Settings) -> None:
    """Of a linear table, which a linear model learns and a tree of three steps does not."""
    found, answers = looking.look(numbers, settings(train={"estimator": "sklearn.linear_model.Ridge"}))
    assert found["score"] == "r2"
    assert found["model"]["score"] > 0.95
    assert states(found)["shuffled labels"] == states(found)["simpler models"] == "fine"
    assert [each["useless"] for each in found["features"]] == [False, False]
    assert answers["suspicion"].between(0, 1).all()


@pytest.mark.parametrize(("labels", "looked"), [("aaaaaaaaab", False), ("aaaaaabbbc", True), ("ab", False)])
def test_a_tiny_table_fails_no_build(settings: Settings, labels: str, looked: bool) -> None:
    """It is looked at in fewer folds, or one line says why not; no label is named."""
    frame = pd.DataFrame({"row_id": [*map(str, range(len(labels)))], "x": np.arange(len(labels)) / 7.0})
    found = look(frame.assign(label=pd.Series(list(labels), dtype="str")), settings())
    assert bool(found["rows"]) == looked
    assert looked or "bring more data" in found["remarks"][0]


class NeedsAll(DecisionTreeClassifier):  # type: ignore[misc]
    """Fails on part of the rows, with an exception of its own that quotes a cell."""

    def fit(self, x: Any, y: Any, *args: Any, **more: Any) -> "NeedsAll":
        """Or learns."""
        if len(x) < 150:
            raise OSError(f"secret {x[0]}")
        return super().fit(x, y, *args, **more)  # type: ignore[no-any-return]


def test_a_model_that_fails_on_part_of_the_rows_fails_no_build(noise: pd.DataFrame, settings: Settings) -> None:
    """A line says so, which quotes no cell; what answers there are is an empty table."""
    found, answers = looking.look(noise, settings(train={"estimator": f"{__name__}.NeedsAll"}))
    assert (found["rows"], found["checks"], answers.empty) == (0, [], True)
    assert found["remarks"] == [
        f"{name}: not looked at, as the model fails on these rows (OSError)"
        for name in ("shuffled labels", "rows that it has not seen")
    ]


def test_a_look_that_fails_leaves_the_others(noise: pd.DataFrame, settings: Settings) -> None:
    """Neighbours of 90 rows are found among 120, not among a hundred that are halved."""
    train = {"estimator": "sklearn.neighbors.KNeighborsClassifier", "params": {"n_neighbors": 90}}
    found = look(noise, settings(train=train))
    assert set(states(found)) == {"a small set first", "simpler models", "columns"}
    assert [each.partition(":")[0] for each in found["remarks"]] == ["shuffled labels", "twice the rows"]
    assert found["shuffled"] is found["learning"] is None


def test_groups_larger_than_what_is_looked_at_are_told(mixed: pd.DataFrame, settings: Settings) -> None:
    """With the key that helps; where one group is larger, the others are looked at."""
    frame = mixed.assign(who=[f"p{n % 2}" for n in range(240)])
    found = look(frame, settings(split={"group": "who"}, diagnose={"rows": 100}))
    assert "more than diagnose.rows: 100; raise it" in found["remarks"][0]
    frame = mixed.assign(who=["most" if n < 130 else f"p{n // 10}" for n in range(240)])
    assert look(frame, settings(split={"group": "who"}, diagnose={"rows": 110}))["rows"] == 110


def test_of_many_columns_some_are_asked_evenly() -> None:
    """From the first to the last; of few, all."""
    names = [f"x{n}" for n in range(1000)]
    some = importance._asked(names)
    assert (len(some), len(set(some)), some[0], some[-1]) == (200, 200, "x0", "x999")
    assert importance._asked(names[:200]) == names[:200]


@pytest.mark.parametrize(("looked", "guess"), [(2000, False), (800, True)])
def test_a_curve_of_some_rows_is_called_a_guess(looked: int, guess: bool) -> None:
    """Where it goes on beyond what was looked at; with the key that helps."""
    said = learning.said_of({"gain": 0.01, "low": 0.0, "high": 0.02}, looked, 2000)
    assert ("drawn from 800 of 2,000 rows, beyond which it is a guess: raise diagnose.rows" in said) == guess


def test_groups_stay_together_among_the_rows_that_are_chosen(mixed: pd.DataFrame, settings: Settings) -> None:
    """Whole groups are taken, up to diagnose.rows, and none is in two folds."""
    frame = mixed.assign(who=[f"p{n // 4}" for n in range(240)])
    found, answers = looking.look(frame, settings(split={"group": "who"}, diagnose={"rows": 101}))
    assert found["rows"] == 100
    who = frame.set_index("row_id")["who"][answers["row_id"]].to_numpy()
    assert answers.groupby(who)["fold"].nunique().max() == 1
    assert answers.groupby(who).size().eq(4).all()


@pytest.mark.parametrize("turns", [True, False])
def test_a_model_that_ages_is_told_from_one_that_does_not(settings: Settings, turns: bool) -> None:
    """Where what decides turns round with time, models of older rows are worse on the newest."""
    random, rows = np.random.default_rng(5), 600
    moment, x = np.arange(float(rows)), random.normal(size=(rows, 2))
    angle = np.pi * moment / rows if turns else np.zeros(rows)
    frame = pd.DataFrame({"row_id": [*map(str, range(rows))], "a": x[:, 0], "b": x[:, 1], "at": moment})
    frame["label"] = pd.Series(np.where(x[:, 0] * np.cos(angle) + x[:, 1] * np.sin(angle) > 0, "y", "n"), dtype="str")
    params = settings(
        data={"kinds": {"at": "ignored"}}, train=LINEAR, split={"time": "at", "cut": "1"}, diagnose={"rows": 600}
    )
    found = look(frame, params)
    assert states(found)["staleness"] == ("warning" if turns else "fine")
    assert found["staleness"]["ages"] == sorted(found["staleness"]["ages"])
    assert len(found["staleness"]["scores"]) == 4


@pytest.mark.slow
def test_what_a_library_warns_of_is_kept(mixed: pd.DataFrame, settings: Settings) -> None:
    """Once, without a word of the cells; a model that converges leaves no remark."""
    hurried = look(mixed, settings(train=LINEAR | {"params": {"max_iter": 1}}))
    assert any(each.startswith("ConvergenceWarning: ") for each in hurried["remarks"])
    assert look(mixed, settings(train=LINEAR | {"params": {"max_iter": 1000}}))["remarks"] == []


@pytest.mark.slow
@pytest.mark.skipif(not REVIEWS.exists(), reason="the reviews are not here")
def test_texts_are_looked_at(settings: Settings) -> None:
    """Of 600 reviews, the sentence is worth something."""
    frame = pd.read_csv(REVIEWS, nrows=2000)[["sentence", "sentiment"]].dropna().astype("str")
    frame.insert(0, "row_id", [f"r{n}" for n in range(len(frame))])
    found = look(frame, settings(target="sentiment", train=LINEAR, diagnose={"rows": 600}))
    assert (found["rows"], states(found)["shuffled labels"]) == (600, "fine")
    assert [each["useless"] for each in found["features"]] == [False]
