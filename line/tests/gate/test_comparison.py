"""A comparison reads two models' answers from files and says what the tests say of them, metric by metric."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics as sk

from mainline import config
from mainline.errors import ConfigError, Refused
from mainline.gate import comparison, tests
from mainline.gate.comparison import LOG_LOSS_CLIP, Comparison
from mainline.project import Project

LABELS, NEW, OLD = "data/sealed/labels.parquet", "predictions/sealed.parquet", "champion.parquet"
NAMES = {"binary": ["No", "Yes"], "multiclass": [0, 1, 2]}


def ids(count: int) -> list[str]:
    """Row ids as the line makes them: 16 hexadecimal digits."""
    return [f"{value:016x}" for value in np.random.default_rng(99).integers(0, 2**63, count)]


def answers(labels: np.ndarray, classes: list[Any], rng: np.random.Generator, skill: float) -> pd.DataFrame:
    """Probabilities that lean to the truth, and the likeliest class; or numbers near the truth."""
    if not classes:
        return pd.DataFrame({"prediction": labels + rng.normal(0, 0.3 / skill, len(labels))})
    truth = labels[:, None] == np.array(classes)[None, :]
    chances = rng.dirichlet(np.ones(len(classes)), len(labels)) + skill * truth
    chances /= chances.sum(axis=1, keepdims=True)
    said = pd.DataFrame({"prediction": np.array(classes)[chances.argmax(axis=1)]})
    return said.assign(**{f"p_{label}": chances[:, at] for at, label in enumerate(classes)})


def project(root: Path, task: str, rows: int = 400, seed: int = 1) -> Path:
    """A folder with the files of a comparison: labels, training rows, signature, and both sides' answers."""
    rng = np.random.default_rng(seed)
    classes = NAMES.get(task, [])
    draw = (
        (lambda n: np.array(classes)[rng.integers(0, len(classes), n)]) if classes else (lambda n: rng.normal(size=n))
    )
    for folder in ("data/sealed", "models", "predictions"):
        (root / folder).mkdir(parents=True)
    signature = {
        "task": task,
        "target": "y",
        "classes": classes or None,
        "positive": "Yes" if task == "binary" else None,
    }
    (root / "models/signature.json").write_text(json.dumps(signature))
    pd.DataFrame({"row_id": [f"t{n}" for n in range(90)], "y": draw(90)}).to_parquet(root / "data/train.parquet")
    labels = draw(rows)
    pd.DataFrame({"row_id": ids(rows), "y": labels}).to_parquet(root / LABELS)
    for name, skill in ((NEW, 0.9), (OLD, 0.7)):
        said = answers(labels, classes, rng, skill)
        said.insert(0, "row_id", ids(rows))
        said.to_parquet(root / name)
    return root


def read(root: Path, other: str | None = OLD) -> Comparison:
    """The comparison of a folder."""
    return comparison.read(Project(root), root / LABELS, root / NEW, root / other if other else None)


def usual(root: Path) -> float:
    """How far the training target usually differs: the quartiles' distance, as a bell's deviation."""
    low, high = pd.read_parquet(root / "data/train.parquet")["y"].quantile([0.25, 0.75])
    return float(high - low) / 1.349


def edit(root: Path, name: str, change: Any) -> None:
    """Rewrite a table."""
    change(pd.read_parquet(root / name)).to_parquet(root / name)


def tables(root: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Labels and both sides' answers as they stand in the files."""
    labels, new, old = (pd.read_parquet(root / name) for name in (LABELS, NEW, OLD))
    return labels, new, old


# --- each metric -----------------------------------------------------------------------------------

MEANS = [
    ("accuracy", "binary", lambda y, x, c: 1 - sk.accuracy_score(y, x["prediction"])),
    ("accuracy", "multiclass", lambda y, x, c: 1 - sk.accuracy_score(y, x["prediction"])),
    ("brier", "binary", lambda y, x, c: sk.brier_score_loss(y, x["p_Yes"], pos_label="Yes")),
    ("brier", "multiclass", lambda y, x, c: sk.brier_score_loss(y, x[[f"p_{k}" for k in c]], scale_by_half=True)),
    ("log_loss", "binary", lambda y, x, c: sk.log_loss(y, clipped(x, c), labels=c)),
    ("squared_error", "regression", lambda y, x, c: sk.mean_squared_error(y, x["prediction"])),
]


def clipped(said: pd.DataFrame, classes: list[Any]) -> np.ndarray:
    """Probabilities of two classes within the documented clip."""
    return said[[f"p_{label}" for label in classes]].to_numpy().clip(LOG_LOSS_CLIP, 1 - LOG_LOSS_CLIP)


@pytest.mark.parametrize(("metric", "task", "expected"), MEANS, ids=[f"{m}-{t}" for m, t, _ in MEANS])
def test_mean_losses_are_scikit_learns(tmp_path: Path, metric: Any, task: str, expected: Any) -> None:
    """The mean of the rows' losses is the metric that people know, for either side."""
    labels, new, old = tables(project(tmp_path, task))
    found = read(tmp_path)
    unit = usual(tmp_path) ** 2 if task == "regression" else 1
    for side, said in ((found.new, new), (found.old, old)):
        loss, most = found.loss(metric, side)
        assert loss.mean() == pytest.approx(expected(labels["y"], said, NAMES.get(task)) / unit, rel=1e-9)
        assert 0 <= loss.min() <= loss.max() <= most


def test_log_loss_of_many_classes_is_the_truths_alone(tmp_path: Path) -> None:
    """Each row's loss is minus the logarithm of what its own class was given, clipped."""
    labels, new, _ = tables(project(tmp_path, "multiclass"))
    given = new[["p_0", "p_1", "p_2"]].to_numpy()[np.arange(len(labels)), labels["y"]]
    found = read(tmp_path)
    loss, most = found.loss("log_loss", found.new)
    assert loss == pytest.approx(-np.log(given.clip(0.02, 0.98)))
    assert most == pytest.approx(-np.log(0.02))


def test_who_is_sure_of_every_class_says_nothing(tmp_path: Path) -> None:
    """What the truth was given counts as a share of all that was given: 0.98 for each of three classes is a third."""
    project(tmp_path, "multiclass")
    edit(tmp_path, NEW, lambda x: x.assign(p_0=0.98, p_1=0.98, p_2=0.98))
    found = read(tmp_path)
    assert found.loss("log_loss", found.new)[0] == pytest.approx(np.log(3))
    assert not found.rejects("log_loss", 0.0, 0.05)


@pytest.mark.parametrize(("sure", "loss"), [(0.0, -np.log(0.02)), (1e-9, -np.log(0.02)), (1.0, -np.log(0.98))])
def test_log_loss_is_clipped(tmp_path: Path, sure: float, loss: float) -> None:
    """A probability of nothing for the truth costs as much as one of two hundredths, and no more."""
    project(tmp_path, "binary")
    truth = pd.read_parquet(tmp_path / LABELS)["y"] == "Yes"
    yes = np.where(truth, sure, 1 - sure)
    edit(tmp_path, NEW, lambda x: x.assign(p_Yes=yes, p_No=1 - yes))
    found = read(tmp_path)
    assert found.loss("log_loss", found.new)[0] == pytest.approx(loss)


@pytest.mark.parametrize(("off", "loss"), [(0.0, 0.0), (1.0, 1.0), (-1.5, 2.25), (2.0, 4.0), (-2.1, 4.0), (1e9, 4.0)])
def test_squared_error_is_clipped_at_two_units(tmp_path: Path, off: float, loss: float) -> None:
    """Errors are counted in what the training target usually differs by, and two of that are the worst."""
    project(tmp_path, "regression")
    unit = usual(tmp_path)
    labels = pd.read_parquet(tmp_path / LABELS)["y"]
    edit(tmp_path, NEW, lambda x: x.assign(prediction=labels + off * unit))
    found = read(tmp_path)
    values, most = found.loss("squared_error", found.new)
    assert values == pytest.approx(loss, abs=1e-6)
    assert most == 4.0


def as_ones(column: pd.Series) -> np.ndarray:
    """Yes and No as 1 and 0."""
    return (column == "Yes").astype(int).to_numpy()


ASYMPTOTIC = [
    ("roc_auc", "binary", lambda y, o, n, m: tests.auc_p(as_ones(y), o["p_Yes"], n["p_Yes"], margin=m)),
    (
        "f1",
        "binary",
        lambda y, o, n, m: tests.f1_p(
            as_ones(y), as_ones(o["prediction"]), as_ones(n["prediction"]), average="binary", margin=m
        ),
    ),
    (
        "f1_macro",
        "multiclass",
        lambda y, o, n, m: tests.f1_p(y, o["prediction"], n["prediction"], average="macro", margin=m),
    ),
    (
        "f1_macro",
        "binary",
        lambda y, o, n, m: tests.f1_p(y, o["prediction"], n["prediction"], average="macro", margin=m),
    ),
    ("rmse", "regression", lambda y, o, n, m: tests.rmse_p(y, o["prediction"], n["prediction"], margin=m)),
]


@pytest.mark.parametrize(("metric", "task", "direct"), ASYMPTOTIC, ids=[f"{m}-{t}" for m, t, _ in ASYMPTOTIC])
@pytest.mark.parametrize("margin", [0.0, -0.01, 0.03])
def test_asymptotic_metrics_are_the_tests_on_the_columns(
    tmp_path: Path, metric: Any, task: str, direct: Any, margin: float
) -> None:
    """The decision flips exactly at the p-value that the test gives for the columns of the files."""
    labels, new, old = tables(project(tmp_path, task))
    p = direct(labels["y"], old, new, margin)
    found = read(tmp_path)
    assert 0 < p < 1
    assert found.rejects(metric, margin, min(p * 1.001, 1 - 1e-9))
    assert not found.rejects(metric, margin, p * 0.999)
    assert found.spread_of_gain(metric) is None


@pytest.mark.parametrize("margin", [0.0, -0.02, 0.02])
def test_accuracy_is_the_exact_test_of_the_counts(tmp_path: Path, margin: float) -> None:
    """The counts of rows that only one side gets right decide, at any level."""
    labels, new, old = tables(project(tmp_path, "multiclass"))
    right, was_right = new["prediction"] == labels["y"], old["prediction"] == labels["y"]
    b, c = int((right & ~was_right).sum()), int((~right & was_right).sum())
    verdicts = []
    for alpha in (0.3, 0.05, 1e-3, 1e-9):
        p = tests.paired_counts_p(b, c, len(labels), margin=margin, alpha=alpha)
        verdicts.append(read(tmp_path).rejects("accuracy", margin, alpha))
        assert verdicts[-1] == (p <= alpha)
    assert len(set(verdicts)) == 2


@pytest.mark.parametrize(("metric", "task", "_"), [m for m in MEANS if m[0] != "accuracy"])
def test_bounded_losses_are_bet_on_in_the_order_of_the_hash(tmp_path: Path, metric: Any, task: str, _: Any) -> None:
    """The betting test sees the rows in the order of their ids' hashes, and decides at any level."""
    project(tmp_path, task)
    found = read(tmp_path)
    (new, most), (old, _most) = found.loss(metric, found.new), found.loss(metric, found.old)
    order = np.argsort(pd.util.hash_array(np.array(ids(400), dtype=object), categorize=False))
    assert (found.order == order).all()
    verdicts = []
    for alpha in (0.5, 0.1, 1e-2, 1e-12, 1e-300):
        direct = tests.bounded_loss_rejects((old - new)[order], margin=0.0, low=-most, high=most, alpha=alpha)
        verdicts.append(found.rejects(metric, 0.0, alpha))
        assert verdicts[-1] == direct
    assert len(set(verdicts)) == 2


def test_the_order_decides_and_is_that_of_the_hash(tmp_path: Path) -> None:
    """Early gains and late losses pass, early losses do not: so it must be nobody's choice which comes first."""
    project(tmp_path, "regression")
    order, truth = read(tmp_path).order, pd.read_parquet(tmp_path / LABELS)["y"].to_numpy()
    for early, late, passes in ((0.0, 9.0, True), (9.0, 0.0, False)):
        off = np.empty(400)
        off[order] = np.repeat([early, late], 200)
        edit(tmp_path, NEW, lambda x, off=off: x.assign(prediction=truth + off))
        edit(tmp_path, OLD, lambda x, off=off: x.assign(prediction=truth + 9.0 - off))
        assert read(tmp_path).rejects("squared_error", 0.0, 1e-6) is passes
        assert read(tmp_path).rejects_level("squared_error", 2.0, 1e-6) is passes


def test_the_spread_of_gains_is_their_variance(tmp_path: Path) -> None:
    """For accuracy it is the discordance less the squared gain; for others a share of the largest gain."""
    labels, new, old = tables(project(tmp_path, "binary"))
    gain = (new["prediction"] == labels["y"]).astype(float) - (old["prediction"] == labels["y"])
    assert read(tmp_path).spread_of_gain("accuracy") == pytest.approx(gain.var(ddof=0))
    project(tmp_path / "r", "regression")
    found = read(tmp_path / "r")
    gains = (found.loss("squared_error", found.old)[0] - found.loss("squared_error", found.new)[0]) / 4
    assert found.spread_of_gain("squared_error") == pytest.approx(gains.var())


# --- what is refused -------------------------------------------------------------------------------

ALL = ("accuracy", "brier", "log_loss", "squared_error", "roc_auc", "f1", "f1_macro", "rmse")
FOR = {
    "binary": {"accuracy", "brier", "log_loss", "roc_auc", "f1", "f1_macro"},
    "multiclass": {"accuracy", "brier", "log_loss", "f1_macro"},
    "regression": {"squared_error", "rmse"},
}


@pytest.mark.parametrize("task", FOR)
@pytest.mark.parametrize("metric", ALL)
def test_metrics_that_are_not_for_the_task_are_refused_by_name(tmp_path: Path, task: str, metric: Any) -> None:
    """Each metric is either decided or named as none for the task."""
    found = read(project(tmp_path, task))
    if metric in FOR[task]:
        assert found.rejects(metric, 0.0, 0.99) in (True, False)
    else:
        with pytest.raises(ConfigError, match=f"gate.metric: {metric} is not for a {task} task"):
            found.rejects(metric, 0.0, 0.05)


@pytest.mark.parametrize(
    ("metric", "task"), [("roc_auc", "binary"), ("f1_macro", "multiclass"), ("rmse", "regression")]
)
def test_too_few_rows_for_an_asymptotic_test_are_refused(tmp_path: Path, metric: Any, task: str) -> None:
    """Below fifty rows (of each class) there is no verdict, and the message says what is missing."""
    with pytest.raises(Refused, match=rf"{metric} cannot be tested on these rows: \d+ rows.* at least 50"):
        read(project(tmp_path, task, rows=45)).rejects(metric, 0.0, 0.05)


@pytest.mark.parametrize(
    ("metric", "task", "most"),
    [
        ("accuracy", "binary", 1.0),
        ("brier", "binary", 1.0),
        ("log_loss", "multiclass", 4),
        ("squared_error", "regression", 4),
    ],
)
def test_a_margin_beyond_the_metric_is_a_mistake_in_the_configuration(
    tmp_path: Path, metric: Any, task: str, most: float
) -> None:
    """A gain that no two models can have is named as such; one that they can is tested."""
    found = read(project(tmp_path, task))
    for margin in (most, -most):
        with pytest.raises(ConfigError, match=f"gate.condition: no two models differ by {most:g} in {metric}"):
            found.rejects(metric, margin, 0.05)
    assert not found.rejects(metric, 0.9, 0.05)
    assert found.rejects(metric, -0.9, 0.05)


TWICE = r"1 row ids stand more than once"
DISPUTED = [
    ("a row less", lambda x: x.iloc[1:], 1),
    ("a foreign row", lambda x: x.assign(row_id=["f00", *x["row_id"][1:]]), 1),
    ("no row", lambda x: x.iloc[:0], 400),
    ("no missing id", lambda x: x.assign(row_id=[None, *x["row_id"][1:]]), 1),
    ("a row twice, another not at all", lambda x: x.assign(row_id=[x["row_id"][1], *x["row_id"][1:]]), TWICE),
    ("a row more", lambda x: pd.concat([x, x.iloc[:1].assign(row_id="f00")]), 0),
    ("the same rows backwards", lambda x: x.iloc[::-1], 0),
    ("the same rows shuffled", lambda x: x.sample(frac=1, random_state=3), 0),
]


@pytest.mark.parametrize("side", [NEW, OLD])
@pytest.mark.parametrize(("change", "absent"), [d[1:] for d in DISPUTED], ids=[d[0] for d in DISPUTED])
def test_answers_are_joined_by_row_id(tmp_path: Path, side: str, change: Any, absent: Any) -> None:
    """Another order, or other rows beside, change nothing; a champion that lacks a row, or a row twice, is refused."""
    project(tmp_path, "binary")
    before = said(tmp_path)
    edit(tmp_path, side, change)
    if absent == TWICE or (absent and side == OLD):
        with pytest.raises(Refused, match=TWICE if absent == TWICE else "champion.parquet of main: not about all rows"):
            read(tmp_path)
        return
    for one, other in zip(before, said(tmp_path), strict=True):
        assert (one == other)[absent:].all()


@pytest.mark.parametrize("change", [d[1] for d in DISPUTED[:4]], ids=[d[0] for d in DISPUTED[:4]])
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_row_that_is_not_answered_is_answered_as_wrongly_as_can_be(tmp_path: Path, task: str, change: Any) -> None:
    """By every metric: what a challenger leaves out costs it the most that a row can cost."""
    project(tmp_path, task)
    edit(tmp_path, NEW, lambda x: x.iloc[:0].astype(x.dtypes) if change is DISPUTED[2][1] else change(x))
    found = read(tmp_path)
    gone = slice(None) if change is DISPUTED[2][1] else slice(0, 1)
    for metric in ["squared_error"] if task == "regression" else ["accuracy", "brier", "log_loss"]:
        loss, most = found.loss(metric, found.new)
        assert loss[gone] == pytest.approx(most)
        assert (loss[1:] < most).any() or gone == slice(None)
    if task == "binary":
        at = found.classes.index(found.positive)
        assert (found.new.chance(at)[gone] == (found.labels != at)[gone]).all()
    if task == "regression":
        assert (np.abs(found.new.prediction - found.labels)[gone] >= np.ptp(found.labels)).all()


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_deleted_row_never_pays(tmp_path: Path, task: str) -> None:
    """Without the rows that a challenger gets wrong it has no gain that it had not with them."""
    project(tmp_path, task)
    metric: Any = "squared_error" if task == "regression" else "brier"
    whole = read(tmp_path)
    loss, _ = whole.loss(metric, whole.new)
    edit(tmp_path, NEW, lambda x: x[loss < np.quantile(loss, 0.7)])
    part, _ = (found := read(tmp_path)).loss(metric, found.new)
    assert (part >= loss - 1e-12).all()
    assert part.mean() > loss.mean() + 0.1


def said(root: Path) -> list[np.ndarray]:
    """All that both sides say of the rows."""
    found = read(root)
    return [x for side in (found.new, found.old) for x in (side.prediction, side.chance(0), side.chance(1))]


def test_labels_with_a_row_twice_are_refused(tmp_path: Path) -> None:
    """A row that counts twice would make the test believe in more evidence than there is."""
    project(tmp_path, "binary")
    for name in (LABELS, NEW, OLD):
        edit(tmp_path, name, lambda x: pd.concat([x, x.iloc[:3]]))
    with pytest.raises(Refused, match=r"labels.parquet: 3 row ids stand more than once"):
        read(tmp_path)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_the_order_on_disk_does_not_matter(tmp_path: Path, task: str) -> None:
    """Shuffled files give the same sequence of rows to the betting test, hence the same verdict."""
    project(tmp_path, task)
    metric: Any = "brier" if task == "binary" else "squared_error"
    before = read(tmp_path)
    gains = (before.loss(metric, before.old)[0] - before.loss(metric, before.new)[0])[before.order]
    for seed, name in enumerate((LABELS, NEW, OLD)):
        edit(tmp_path, name, lambda x, seed=seed: x.sample(frac=1, random_state=seed))
    after = read(tmp_path)
    assert not (after.order == before.order).all()
    assert ((after.loss(metric, after.old)[0] - after.loss(metric, after.new)[0])[after.order] == gains).all()


@pytest.mark.parametrize(
    ("task", "column", "named"),
    [
        ("multiclass", ["1"], "string, and the classes are 0, 1, 2"),
        ("multiclass", [0.5], "double, and"),
        ("binary", [1.5], "double, and the classes are No, Yes"),
        ("regression", ["x"], "string where numbers belong"),
    ],
)
def test_answers_of_another_kind_are_refused(tmp_path: Path, task: str, column: list[Any], named: str) -> None:
    """Numbers where classes are asked for, or text where numbers are, is not a side that is always wrong."""
    project(tmp_path, task)
    edit(tmp_path, OLD, lambda x: x.assign(prediction=column * len(x)))
    with pytest.raises(Refused, match=rf"champion.parquet: holds (large_)?{named}"):
        read(tmp_path)


def test_a_table_without_predictions_is_refused(tmp_path: Path) -> None:
    """The missing column is named."""
    project(tmp_path, "binary")
    edit(tmp_path, NEW, lambda x: x.drop(columns="prediction"))
    with pytest.raises(Refused, match=r"sealed.parquet: has no column 'prediction'"):
        read(tmp_path)


@pytest.mark.parametrize("bad", [np.nan, 7.0])
def test_probabilities_that_are_none_are_refused(tmp_path: Path, bad: float) -> None:
    """A missing or impossible probability is no evidence."""
    project(tmp_path, "binary")
    edit(tmp_path, NEW, lambda x: x.assign(p_Yes=bad))
    with pytest.raises(Refused, match="brier cannot be tested on these rows"):
        read(tmp_path).rejects("brier", 0.0, 0.05)
    with pytest.raises(Refused, match="brier cannot be tested on these rows"):
        read(tmp_path).rejects_level("brier", 0.5, 0.05)


def test_a_model_without_probabilities_is_judged_by_accuracy_only(tmp_path: Path) -> None:
    """Its labels are enough for accuracy; what needs probabilities says that there are none."""
    project(tmp_path, "multiclass")
    edit(tmp_path, OLD, lambda x: x[["row_id", "prediction"]])
    found = read(tmp_path)
    assert found.rejects("accuracy", 0.0, 0.3)
    with pytest.raises(Refused, match=r"champion.parquet: holds no probabilities \(p_0"):
        found.rejects("brier", 0.0, 0.05)


# --- classes that not everybody knows --------------------------------------------------------------


def test_a_class_that_the_champion_never_saw_has_no_chance_with_it(tmp_path: Path) -> None:
    """Its rows count as the champion's errors, at the full loss; the other rows are as before."""
    labels, _, _ = tables(project(tmp_path, "multiclass"))
    edit(tmp_path, OLD, lambda x: x.assign(prediction=x["prediction"] % 2).drop(columns="p_2"))
    found, of_two = read(tmp_path), (labels["y"] == 2).to_numpy()
    assert (found.loss("accuracy", found.old)[0][of_two] == 1).all()
    assert (found.loss("log_loss", found.old)[0][of_two] == -np.log(LOG_LOSS_CLIP)).all()
    assert (found.old.chance(2) == 0).all()
    assert (found.new.chance(2) > 0).all()


def test_a_class_that_only_the_rows_have_is_nobodys_but_who_says_it(tmp_path: Path) -> None:
    """A class that the challenger's training rows lack is an error for it, and right for a champion that knows it."""
    project(tmp_path, "multiclass")
    edit(tmp_path, LABELS, lambda x: x.assign(y=[7, *x["y"][1:]]))
    halves = {f"p_{label}": (lambda x, name=f"p_{label}": x[name] / 2) for label in range(3)}
    edit(tmp_path, OLD, lambda x: x.assign(prediction=[7, 8, *x["prediction"][2:]], p_7=0.5, **halves))
    found = read(tmp_path)
    assert found.classes == (0, 1, 2, 7)
    assert found.loss("accuracy", found.old)[0][:2].tolist() == [0, 1]
    assert found.loss("accuracy", found.new)[0][0] == 1
    assert found.loss("log_loss", found.old)[0][0] == pytest.approx(-np.log(0.5))
    assert found.loss("log_loss", found.new)[0][0] == pytest.approx(-np.log(LOG_LOSS_CLIP))


def test_categories_are_their_values(tmp_path: Path) -> None:
    """A table that stores its labels as categories is the same table."""
    project(tmp_path, "binary")
    before = said(tmp_path)
    for name, column in ((LABELS, "y"), (OLD, "prediction"), ("data/train.parquet", "y")):
        edit(tmp_path, name, lambda x, column=column: x.astype({column: "category"}))
    for one, other in zip(before, said(tmp_path), strict=True):
        assert (one == other).all()
    assert read(tmp_path, None).rejects("accuracy", 0.0, 1e-6)


def test_the_same_classes_in_another_type_are_the_same(tmp_path: Path) -> None:
    """Small integers, or floats, of the champion's time mean what integers mean now."""
    project(tmp_path, "multiclass")
    before = read(tmp_path).old.prediction
    for kind in ("int8", "float64"):
        edit(tmp_path, OLD, lambda x, kind=kind: x.astype({"prediction": kind}))
        assert (read(tmp_path).old.prediction == before).all()


# --- no champion -----------------------------------------------------------------------------------


def test_the_dummy_says_the_commonest_class_at_the_classes_shares(tmp_path: Path) -> None:
    """Without another side the challenger meets a model that has only counted the training rows."""
    project(tmp_path, "binary")
    y = ["Yes"] * 60 + ["No"] * 30
    edit(tmp_path, "data/train.parquet", lambda x: x.assign(y=y))
    found = read(tmp_path, None)
    assert (np.array(found.classes)[found.old.prediction] == "Yes").all()
    assert (found.old.chance(0)[0], found.old.chance(1)[0]) == pytest.approx((1 / 3, 2 / 3))
    assert found.rejects("accuracy", 0.0, 1e-6)
    assert found.rejects("brier", 0.0, 1e-3)


def test_the_dummy_says_the_mean(tmp_path: Path) -> None:
    """For numbers it is the mean of the training rows; a model that says as much is not better."""
    project(tmp_path, "regression")
    mean = pd.read_parquet(tmp_path / "data/train.parquet")["y"].mean()
    edit(tmp_path, NEW, lambda x: x.assign(prediction=mean))
    found = read(tmp_path, None)
    assert found.old.prediction == pytest.approx(mean)
    assert not found.rejects("squared_error", 0.0, 0.5)


def test_a_model_that_ignores_its_input_does_not_beat_the_dummy(tmp_path: Path) -> None:
    """The bar of the first run is one that can be missed."""
    project(tmp_path, "binary")
    commonest = pd.read_parquet(tmp_path / "data/train.parquet")["y"].mode()[0]
    edit(tmp_path, NEW, lambda x: x.assign(prediction=commonest))
    assert not read(tmp_path, None).rejects("accuracy", 0.0, 0.5)


@pytest.mark.parametrize(
    ("metric", "task", "easy", "hard"),
    [
        ("accuracy", "multiclass", 0.5, 0.999),
        ("brier", "binary", 0.4, 0.02),
        ("log_loss", "binary", 1.5, 0.1),
        ("squared_error", "regression", 3.0, 0.02),
    ],
)
def test_a_stated_level_holds_or_not(tmp_path: Path, metric: Any, task: str, easy: float, hard: float) -> None:
    """A level well below what the model does is shown to be exceeded, one above is not."""
    found = read(project(tmp_path, task))
    assert found.rejects_level(metric, easy, 1e-3)
    assert not found.rejects_level(metric, hard, 0.2)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 1.5])
def test_a_level_that_cannot_be_is_a_mistake_in_the_configuration(tmp_path: Path, level: float) -> None:
    """An accuracy lies between nothing and one."""
    with pytest.raises(ConfigError, match=r"gate.baseline: accuracy lies between 0 and 1"):
        read(project(tmp_path, "binary")).rejects_level("accuracy", level, 0.05)


def test_a_level_of_an_asymptotic_metric_cannot_be_tested(tmp_path: Path) -> None:
    """The message says what to use instead."""
    with pytest.raises(ConfigError, match="a level of roc_auc cannot be tested; use dummy"):
        read(project(tmp_path, "binary")).rejects_level("roc_auc", 0.8, 0.05)


# --- the default for numbers -----------------------------------------------------------------------


def skewed(rng: np.random.Generator, rows: int) -> Comparison:
    """Two models equally good on clipped squared error, the new one rarely and then badly wrong."""
    rare = 0.002
    small = 2.0 * rare / (1 - rare) * 2  # what it gains elsewhere, in squares: the expected gain is 0
    is_rare = rng.random(rows) < rare
    noise = rng.uniform(0, 1e-3, rows)
    old = np.where(is_rare, 0.0, np.sqrt(small)) + noise
    new = np.where(is_rare, 2.0, 0.0) + noise
    nothing = lambda _: np.zeros(rows)  # noqa: E731
    sides = [comparison.Answers(said, nothing) for said in (new, old)]
    return Comparison("regression", (), None, 1.0, np.arange(rows), np.zeros(rows), *sides)


def test_the_default_for_numbers_keeps_its_level_where_rmse_does_not() -> None:
    """Rare large errors are often absent from the rows: the normal approximation is fooled, betting is not."""
    rng, alpha, times = np.random.default_rng(6), 0.001, 800
    comparisons = [skewed(rng, 1000) for _ in range(times)]
    gains = [each.loss("squared_error", each.old)[0] - each.loss("squared_error", each.new)[0] for each in comparisons]
    assert np.mean(gains) <= 1e-3  # no gain at all, up to noise
    fooled = np.mean([each.rejects("rmse", 0.0, alpha) for each in comparisons])
    assert fooled > 0.1
    (default,) = config.Gate().metrics("regression")
    betting = sum(each.rejects(default, 0.0, alpha) for each in comparisons)
    assert betting <= stats.binom.isf(1e-6, times, alpha)
