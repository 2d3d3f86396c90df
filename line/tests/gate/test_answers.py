"""Answers are judged, not files: what is no answer is refused before a label is looked at, and sameness is by row."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mainline.errors import Refused
from mainline.gate import answers, comparison
from mainline.gate.answers import DEV, SEALED
from mainline.project import MODEL, Project

CLASSES = {"task": "multiclass", "target": "y", "classes": list(range(10))}
NUMBERS = {"task": "regression", "target": "y"}
METRICS = ("log_loss",)
ROWS = 200


def chances(rng: np.random.Generator, count: int = ROWS) -> pd.DataFrame:
    """Answers of ten classes that add up."""
    given = rng.dirichlet(np.ones(10), count)
    columns = {f"p_{label}": given[:, label] for label in range(10)}
    return pd.DataFrame({"row_id": [f"r{n}" for n in range(count)], "prediction": given.argmax(axis=1), **columns})


def test_probabilities_that_add_up_are_answers(tmp_path: Path) -> None:
    """Up to a thousandth, as float32 and rounded files have them."""
    chances(np.random.default_rng(0)).astype({"p_0": "float32"}).round(5).to_parquet(tmp_path / "a.parquet")
    answers.require_sound(tmp_path / "a.parquet", CLASSES, METRICS)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda x: x.assign(**{f"p_{label}": 0.98 for label in range(10)}), ROWS),
        (lambda x: x.assign(p_3=[x["p_3"][0] + 0.002, *x["p_3"][1:]]), 1),
        (lambda x: x.assign(p_3=[np.nan, None, *x["p_3"][2:]]), 2),
        (lambda x: x.assign(p_3=x["p_3"] + 1, p_4=x["p_4"] - 1), ROWS),
        (lambda x: x.assign(p_3=np.inf, p_4=-np.inf), ROWS),
        (lambda x: x.assign(p_99=x["p_3"], p_3=0.0), ROWS - 1),  # one row has next to nothing there
    ],
    ids=["0.98 of every class", "one row", "missing", "beyond 0 and 1", "infinite", "a class that is none"],
)
def test_probabilities_that_do_not_add_up_are_none(tmp_path: Path, change: Any, wrong: int) -> None:
    """Refused with their number alone: a class that knows nothing and claims 0.98 of each is not better in log_loss."""
    change(chances(np.random.default_rng(0))).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(Refused, match=rf"^a.parquet: the probabilities of {wrong} rows do not add up to 1$"):
        answers.require_sound(tmp_path / "a.parquet", CLASSES, METRICS)
    answers.require_sound(tmp_path / "a.parquet", CLASSES, ("accuracy",))  # which does not ask for them


@pytest.mark.parametrize("bad", [np.nan, np.inf, None])
def test_numbers_that_are_none_are_counted(tmp_path: Path, bad: Any) -> None:
    """An answer that is no finite number is no answer."""
    said = pd.DataFrame({"row_id": ["a", "b", "c"], "prediction": [1.0, 2.0, bad]})
    said.to_parquet(tmp_path / "a.parquet")
    with pytest.raises(Refused, match=r"main's model: the answers for 1 rows are no finite numbers"):
        answers.require_sound(tmp_path / "a.parquet", NUMBERS, ("squared_error",), "main's model: ")
    said.fillna(0).replace(np.inf, 1).to_parquet(tmp_path / "a.parquet")
    answers.require_sound(tmp_path / "a.parquet", NUMBERS, ("squared_error",))


def test_a_refusal_tells_nothing_of_a_label(tmp_path: Path) -> None:
    """Made-up probabilities of one row, whose loss would say its class, give the same words for every class."""
    rng, told = np.random.default_rng(1), set()
    for label in range(10):
        made_up = {f"p_{each}": [1000.0 * (each + label), *[0.1] * (ROWS - 1)] for each in range(10)}
        chances(rng).assign(**made_up).to_parquet(tmp_path / "a.parquet")
        with pytest.raises(Refused) as refused:
            answers.require_sound(tmp_path / "a.parquet", CLASSES, ("brier",))
        told.add(str(refused.value))
    assert told == {"a.parquet: the probabilities of 1 rows do not add up to 1"}


def side(root: Path, said: pd.DataFrame, model: bytes = b"m") -> Project:
    """A project whose model says the same of dev and sealed rows."""
    for folder in ("models", "predictions", "data/sealed"):
        (root / folder).mkdir(parents=True)
    (root / MODEL).write_bytes(model)
    (root / "models/signature.json").write_text(json.dumps(CLASSES))
    for path in (DEV, SEALED):
        said.to_parquet(root / path)
    for path in ("data/dev.parquet", "data/sealed/labels.parquet"):
        said[["row_id"]].assign(y=1).to_parquet(root / path)
    return Project(root)


MORE = chances(np.random.default_rng(4), 3).assign(row_id=["x", "y", "z"])
COMPARED = [
    ("the same", lambda x: x, True),
    ("in another order", lambda x: x.sample(frac=1, random_state=1), True),
    ("with other rows beside", lambda x: pd.concat([MORE, x]), True),
    ("one answer less", lambda x: x.iloc[1:], False),
    ("another answer", lambda x: x.assign(prediction=[(x["prediction"][0] + 1) % 10, *x["prediction"][1:]]), False),
    ("another machine's last bits", lambda x: x.assign(p_1=x["p_1"] * (1 + 1e-14)), True),
    ("another probability", lambda x: x.assign(p_1=[x["p_1"][0] + 1e-6, *x["p_1"][1:]]), False),
    ("the columns mixed up", lambda x: x.assign(p_1=x["p_2"], p_2=x["p_1"]), False),
    ("a column less", lambda x: x.drop(columns="p_9"), False),
]


@pytest.mark.parametrize(("change", "same"), [c[1:] for c in COMPARED], ids=[c[0] for c in COMPARED])
@pytest.mark.parametrize("path", [DEV, SEALED])
def test_a_model_is_unchanged_where_it_answers_the_same(tmp_path: Path, change: Any, same: bool, path: str) -> None:
    """Of main's dev rows and of its sealed rows: post-processing in src/ makes another model of the same file."""
    said = chances(np.random.default_rng(3))
    main, challenger = side(tmp_path / "main", said), side(tmp_path / "new", said)
    change(said).to_parquet(challenger / path)
    assert answers.unchanged(challenger, main) is same


def test_another_model_that_answers_the_same_is_another(tmp_path: Path) -> None:
    """On other rows it may not."""
    said = chances(np.random.default_rng(3))
    assert not answers.unchanged(side(tmp_path / "new", said, b"other"), side(tmp_path / "main", said))


def regression(root: Path, target: np.ndarray) -> comparison.Comparison:
    """A model that says 0 of everything against one that is nearly right, in the unit of a training target."""
    rng = np.random.default_rng(0)
    labels, ids = rng.normal(100, 20, 4000), [f"{n:x}" for n in range(4000)]
    for folder in ("models", "data"):
        (root / folder).mkdir(parents=True)
    (root / "models/signature.json").write_text(json.dumps(NUMBERS))
    pd.DataFrame({"row_id": [f"t{n}" for n in range(len(target))], "y": target}).to_parquet(root / "data/train.parquet")
    for name, values in (("labels", labels), ("new", np.zeros(4000)), ("old", labels + rng.normal(0, 4, 4000))):
        pd.DataFrame({"row_id": ids, "y" if name == "labels" else "prediction": values}).to_parquet(
            root / f"{name}.parquet"
        )
    return comparison.read(Project(root), *(root / f"{name}.parquet" for name in ("labels", "new", "old")))


def test_one_typo_in_the_training_target_changes_no_unit(tmp_path: Path) -> None:
    """With a price of ten million the losses stay what they were, and the worst model is not 'not worse by 0.01'."""
    target = np.random.default_rng(1).normal(100, 20, 4000)
    clean, typo = regression(tmp_path / "a", target), regression(tmp_path / "b", np.r_[target[:-1], 1e7])
    assert typo.spread == pytest.approx(clean.spread, rel=0.01) == pytest.approx(20, rel=0.05)
    assert not typo.rejects("squared_error", -0.01, 0.0016)


def test_where_half_of_the_target_is_one_number_its_deviation_is_the_unit(tmp_path: Path) -> None:
    """The quartiles' distance is 0 then."""
    target = np.r_[np.zeros(900), np.full(100, 10.0)]
    assert regression(tmp_path, target).spread == pytest.approx(np.std(target, ddof=1))
