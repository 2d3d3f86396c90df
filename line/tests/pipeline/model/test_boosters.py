"""XGBoost, LightGBM and CatBoost by their import paths: as scikit-learn's own, from fitting to quick answers."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from line.tests.pipeline.model.test_saving import SCRIPT
from pipeline.errors import ModelError, ParamsError
from pipeline.model import fast_path, fitting, predicting, saving
from pipeline.model.inputs import Inputs, Layout
from tests.pipeline.conftest import Settings

TREES = {"xgboost.XGB": "n_estimators", "lightgbm.LGBM": "n_estimators", "catboost.CatBoost": "iterations"}
ALL = pytest.mark.parametrize("path", TREES)
TASKS = {"binary": "Classifier", "multiclass": "Classifier", "regression": "Regressor"}


def table(mixed: pd.DataFrame, task: str) -> pd.DataFrame:
    """Numbers, dates, categories and gaps; what is told apart are words, or a number."""
    rows = mixed.drop(columns="note")
    if task == "multiclass":
        return rows.assign(label=pd.Series(np.digitize(rows["age"], [35, 60])).map({0: "young", 1: "mid", 2: "old"}))
    return rows.assign(label=rows["age"].fillna(50) * 2.0) if task == "regression" else rows


def train(path: str, task: str = "binary", *, more: dict[str, Any] | None = None, **said: Any) -> dict[str, Any]:
    """A section `train` with few trees."""
    return {"estimator": path + TASKS[task], "params": {TREES[path]: 6} | (more or {}), **said}


def quickly(fitted: Any, about: Any, *tables: pd.DataFrame) -> Iterator[np.ndarray]:
    """What the quick way answers for each table: (rows, classes), or (rows, 1) of numbers."""
    quick = fast_path.of(fitted, about)
    assert quick is not None
    for rows in tables:
        yield quick.predict(Inputs.of(about.conform(rows), Layout.of(about))).reshape(len(rows), -1)


@ALL
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("categories", ["onehot", "native"])
def test_one_is_saved_loaded_and_asked_like_any_other(
    path: str, task: str, categories: str, mixed: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    """Two trainings write the same file; what is loaded from it answers the same bits, in a table and row by row."""
    rows = table(mixed, task)
    for name in ("1", "2"):
        fitted, about = fitting.fit(rows, settings(train=train(path, task, categories=categories)))
        saving.save(fitted, tmp_path / name)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
    before, loaded = predicting.predict(fitted, about, rows), saving.load(tmp_path / "1")
    pd.testing.assert_frame_equal(predicting.predict(loaded, about, rows), before, check_exact=True)
    answers = before.drop(columns=["row_id", "prediction"] if about.classes else "row_id").to_numpy()
    parts = (slice(None), slice(0, 1), slice(3, 4), slice(5, 6))
    for some, said in zip(parts, quickly(loaded, about, *(rows.iloc[each] for each in parts)), strict=True):
        assert np.array_equal(said, answers[some])
    if about.classes:
        assert np.allclose(answers.sum(axis=1), 1, atol=1e-12)
        assert (before["prediction"] == rows["label"]).mean() > 0.8


@ALL
def test_a_category_that_came_later_is_answered_as_a_gap(path: str, mixed: pd.DataFrame, settings: Settings) -> None:
    """Where the library splits by categories itself; quickly, too."""
    rows = table(mixed, "binary")
    fitted, about = fitting.fit(rows, settings(train=train(path, categories="native")))
    none, later = (rows.assign(city=pd.Series([word] * len(rows), dtype="str")) for word in (None, "Rome"))
    of_later, of_none, usual = quickly(fitted, about, later, none, rows)
    assert np.array_equal(of_later, of_none)
    assert not np.array_equal(of_later, usual)


def test_a_rare_category_is_one_of_the_others(mixed: pd.DataFrame, settings: Settings) -> None:
    """train.columns.COLUMN.rare holds for codes, too: what is rare answers alike."""
    rows = table(mixed, "binary")
    rows.loc[:2, "city"] = ["Oslo", "Rome", "Oslo"]
    said = train("lightgbm.LGBM", categories="native", columns={"city": {"rare": 5}})
    fitted, about = fitting.fit(rows, settings(train=said))
    one, other = (rows.assign(city=pd.Series([word] * len(rows), dtype="str")) for word in ("Oslo", "Rome"))
    assert np.array_equal(*quickly(fitted, about, one, other))


@pytest.mark.parametrize("task", TASKS)
def test_scikit_learns_boosting_splits_by_categories_too(
    task: str, mixed: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    """HistGradientBoosting is told which features are codes, saved, and asked quickly."""
    rows = table(mixed, task)
    estimator = f"sklearn.ensemble.HistGradientBoosting{TASKS[task]}"
    said = {"estimator": estimator, "params": {"max_iter": 5}, "categories": "native"}
    fitted, about = fitting.fit(rows, settings(train=said))
    assert fitted["estimator"].is_categorical_.tolist() == [True] + [False] * 6
    before = predicting.predict(fitted, about, rows)
    saving.save(fitted, tmp_path / "m")
    loaded = saving.load(tmp_path / "m")
    pd.testing.assert_frame_equal(predicting.predict(loaded, about, rows), before, check_exact=True)
    answers = before.drop(columns=["row_id", "prediction"] if about.classes else "row_id").to_numpy()
    assert np.array_equal(*quickly(loaded, about, rows), answers)


@ALL
def test_texts_are_read(path: str, mixed: pd.DataFrame, settings: Settings) -> None:
    """Sparse counts of words, as other estimators get them."""
    rows = mixed[["row_id", "note", "label"]]
    fitted, about = fitting.fit(rows, settings(train=train(path)))
    assert predicting.predict(fitted, about, rows)["p_yes"].between(0, 1).all()


@ALL
def test_the_seed_is_its_own(path: str, mixed: pd.DataFrame, settings: Settings) -> None:
    """train.seed under whatever name it has there, unless params say one; another grows other trees."""
    drawn = {"rsm": 0.5} if path.startswith("catboost") else {"colsample_bytree": 0.5}
    grown = []
    for seed, more in ((0, {}), (7, {}), (0, {"random_state": 7})):
        said = train(path, more=drawn | more, seed=seed)
        grown.append(fitting.fit(table(mixed, "binary"), settings(train=said))[0]["estimator"].grown_.tobytes())
    assert grown[0] != grown[1] == grown[2]


@pytest.mark.parametrize("path", ["xgboost.XGB", "lightgbm.LGBM"])
def test_more_threads_grow_the_same_trees(path: str, mixed: pd.DataFrame, settings: Settings) -> None:
    """To the last byte; CatBoost's do not, hence the refusal of as many as there are."""
    fits = [fitting.fit(table(mixed, "binary"), settings(train=train(path, more={"n_jobs": n})))[0] for n in (1, 2)]
    assert fits[0]["estimator"].grown_.tobytes() == fits[1]["estimator"].grown_.tobytes()


@pytest.mark.parametrize(("path", "name"), [("lightgbm.LGBM", "class_weight"), ("catboost.CatBoost", "class_weights")])
def test_weights_are_by_label(path: str, name: str, mixed: pd.DataFrame, settings: Settings) -> None:
    """As the table has it, not as the library gets it; a label that there is not is refused."""
    rows = table(mixed, "binary")
    means = []
    for said in ({}, {"yes": 20.0}):
        fitted, about = fitting.fit(rows, settings(train=train(path, more={name: said} if said else {})))
        means.append(predicting.predict(fitted, about, rows)["p_yes"].mean())
    assert means[1] > means[0] + 0.05
    with pytest.raises(ParamsError, match=f"{name}: 'label' has no class 'yess'; did you mean 'yes'?"):
        fitting.fit(rows, settings(train=train(path, more={name: {"yess": 2}})))


@ALL
def test_nothing_is_printed_and_nothing_written(
    path: str, mixed: pd.DataFrame, settings: Settings, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """No progress, no catboost_info."""
    rows = table(mixed, "binary").head(12)  # so few that libraries warn
    fitted, about = fitting.fit(rows, settings(train=train(path)))
    predicting.predict(fitted, about, rows)
    assert capfd.readouterr() == ("", "")
    assert not list(folder.iterdir())


@ALL
def test_the_library_itself_reads_the_trees(path: str, mixed: pd.DataFrame, settings: Settings) -> None:
    """As docs/frameworks.md says: what is saved is its own format."""
    import catboost
    import lightgbm
    import xgboost

    trees = fitting.fit(table(mixed, "binary"), settings(train=train(path)))[0]["estimator"]
    content, rows = trees.grown_.tobytes(), np.zeros((3, trees.n_features_in_))
    said = {
        "xgboost.XGB": lambda: xgboost.Booster(model_file=bytearray(content)).inplace_predict(rows),
        "lightgbm.LGBM": lambda: lightgbm.Booster(model_str=content.decode()).predict(rows),
        "catboost.CatBoost": lambda: catboost.CatBoost().load_model(blob=content).predict(rows, "Probability")[:, 1],
    }[path]()
    assert np.array_equal(said, trees.predict_proba(rows)[:, 1])


HEARD: list[tuple[str, Any]] | None = None


def _hear(event: str, arguments: Any) -> None:
    if HEARD is not None and event.startswith(("pickle.", "marshal.", "os.system", "os.exec", "subprocess.", "exec")):
        HEARD.append((event, arguments))


@contextmanager
def heard() -> Iterator[list[tuple[str, Any]]]:
    """What Python's own audit says of pickles, code and processes meanwhile."""
    global HEARD
    HEARD = []
    try:
        yield HEARD
    finally:
        HEARD = None


@ALL
def test_a_model_is_loaded_without_running_what_it_holds(
    path: str, mixed: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    """No pickle is read, no code and no process is begun; the file holds arrays and a schema."""
    sys.addaudithook(_hear)
    fitted, _ = fitting.fit(table(mixed, "binary"), settings(train=train(path, categories="native")))
    saving.save(fitted, tmp_path / "m")
    saving.load(tmp_path / "m")  # what is imported once runs once
    with heard() as found:
        saving.load(tmp_path / "m")
    assert found == []
    with zipfile.ZipFile(tmp_path / "m") as archive:
        assert {Path(name).suffix for name in archive.namelist()} == {".json", ".npy"}


@ALL
@pytest.mark.parametrize("damage", [b"", b"\x80\x04K\x01.", b"trees"])
def test_trees_that_are_none_are_told_in_one_line(
    path: str, damage: bytes, mixed: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    """A file whose library cannot read its bytes is damaged."""
    fitted, _ = fitting.fit(table(mixed, "binary"), settings(train=train(path)))
    fitted["estimator"].grown_ = np.frombuffer(damage, dtype=np.uint8)
    saving.save(fitted, tmp_path / "m")
    with pytest.raises(ModelError, match="damaged, or not a skops file") as refusal:
        saving.load(tmp_path / "m")
    assert "\n" not in str(refusal.value)


def test_a_file_cannot_name_another_class_to_grow(mixed: pd.DataFrame, settings: Settings, tmp_path: Path) -> None:
    """A path that is not in the list is refused, and never imported."""
    fitted, _ = fitting.fit(table(mixed, "binary"), settings(train=train("lightgbm.LGBM")))
    fitted["estimator"].path = "os.system"
    saving.save(fitted, tmp_path / "m")
    with pytest.raises(ModelError, match=r"'os\.system' grows no trees that are known here"):
        saving.load(tmp_path / "m")


@ALL
def test_a_byte_that_changed_is_seen_before_the_library_reads_it(
    path: str, mixed: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    """By the file's own checksums: such a reader may end the process."""
    fitted, _ = fitting.fit(table(mixed, "binary"), settings(train=train(path)))
    saving.save(fitted, tmp_path / "m")
    content = bytearray((tmp_path / "m").read_bytes())
    content[content.index(fitted["estimator"].grown_.tobytes()) + 100] ^= 1
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(ModelError, match="damaged, or not a skops file"):
        saving.load(tmp_path / "m")


@ALL
def test_a_package_that_is_not_there_is_named(
    path: str, mixed: pd.DataFrame, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a model is made, and where one is loaded."""
    package = path.partition(".")[0]
    fitted, _ = fitting.fit(table(mixed, "binary"), settings(train=train(path)))
    saving.save(fitted, tmp_path / "m")
    monkeypatch.setitem(sys.modules, package, None)  # so that importing it fails
    monkeypatch.delitem(sys.modules, f"pipeline.model.boosters.of_{package}")
    with pytest.raises(ParamsError, match=f"{package} cannot be imported .*; run `mainline add {package}`"):
        fitting.fit(table(mixed, "binary"), settings(train=train(path)))
    with pytest.raises(ModelError, match=f"the model needs {package}, which is not there .*`mainline add {package}`"):
        saving.load(tmp_path / "m")


def test_a_library_of_the_system_that_is_not_there_is_named(
    mixed: pd.DataFrame, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package is here and finds no library of the system's: neither the model is damaged, nor the package missing."""
    fitted, _ = fitting.fit(table(mixed, "binary"), settings(train=train("lightgbm.LGBM")))
    saving.save(fitted, tmp_path / "m")
    (tmp_path / "lightgbm.py").write_text("import ctypes\nctypes.CDLL('libnone.so.1')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "lightgbm")
    monkeypatch.delitem(sys.modules, "pipeline.model.boosters.of_lightgbm")
    lacking = r"libnone\.so\.1, a library of the system, is not here"
    with pytest.raises(ParamsError, match=f"^train.estimator: lightgbm cannot be imported: {lacking}"):
        fitting.fit(table(mixed, "binary"), settings(train=train("lightgbm.LGBM")))
    with pytest.raises(ModelError, match=f"^the model needs lightgbm, which cannot be loaded: {lacking}"):
        saving.load(tmp_path / "m")


@pytest.mark.parametrize(
    ("path", "more", "said"),
    [
        ("xgboost.XGB", {"max_dept": 3}, "XGBClassifier has no parameter 'max_dept'; did you mean 'max_depth'?"),
        ("lightgbm.LGBM", {"num_leavs": 3}, "LGBMClassifier has no parameter 'num_leavs'; did you mean 'num_leaves'?"),
        ("catboost.CatBoost", {"dept": 3}, "CatBoostClassifier has no parameter 'dept'; did you mean 'depth'?"),
        ("xgboost.XGB", {"early_stopping_rounds": 3}, "early_stopping_rounds: it needs rows to stop by"),
        ("lightgbm.LGBM", {"early_stopping_round": 3}, "early_stopping_round: it needs rows to stop by"),
        ("catboost.CatBoost", {"early_stopping_rounds": 3}, "early_stopping_rounds: it needs rows to stop by"),
        ("xgboost.XGB", {"enable_categorical": True}, "enable_categorical: say train.categories: native"),
        ("catboost.CatBoost", {"cat_features": [0]}, "cat_features: say train.categories: native"),
        ("catboost.CatBoost", {"train_dir": "x"}, "train_dir: a stage writes nothing but what dvc.yaml lists"),
        ("catboost.CatBoost", {"thread_count": -1}, "thread_count: -1 is another number on each machine"),
        ("xgboost.XGB", {"use_label_encoder": False}, "use_label_encoder: XGBoost has it no more"),
        ("xgboost.XGB", {"random_state": "x"}, "random_state must be a whole number, and is 'x'"),
    ],
)
def test_a_parameter_that_does_not_count_is_refused(
    path: str, more: dict[str, Any], said: str, mixed: pd.DataFrame, settings: Settings
) -> None:
    """By name and in one line, before a row is read; what the library itself would pass over, too."""
    with pytest.raises(ParamsError) as refusal:
        fitting.fit(table(mixed, "binary"), settings(train=train(path, more=more)))
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("xgboost.XGB", {"eta": 0.2, "lambda": 2, "tree_method": "hist", "scale_pos_weight": 2}),
        ("xgboost.XGB", {"booster": "gblinear"}),
        ("lightgbm.LGBM", {"eta": 0.2, "lambda_l2": 2, "boosting": "dart", "force_col_wise": True}),
        ("catboost.CatBoost", {"eta": 0.2, "l2_leaf_reg": 2, "auto_class_weights": "Balanced"}),
    ],
)
def test_other_names_of_a_parameter_are_known(
    path: str, more: dict[str, Any], mixed: pd.DataFrame, settings: Settings
) -> None:
    """The library's own, beside those of its scikit-learn classes."""
    rows = table(mixed, "binary")
    fitted, about = fitting.fit(rows, settings(train=train(path, more=more)))
    assert np.array_equal(*quickly(fitted, about, rows), predicting.answer(fitted, about, about.conform(rows)))


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("xgboost.XGB", {"max_depth": "x"}),
        ("lightgbm.LGBM", {"num_leaves": "x"}),
        ("catboost.CatBoost", {"depth": "x"}),
        ("lightgbm.LGBM", {"objective": "nonsense"}),
    ],
)
def test_a_value_that_a_library_refuses_is_told_in_one_line(
    path: str, more: dict[str, Any], mixed: pd.DataFrame, settings: Settings
) -> None:
    """In the library's words, without the line of its code."""
    with pytest.raises(ModelError, match=f"^{path}Classifier failed on the training rows: \\w") as refusal:
        fitting.fit(table(mixed, "binary"), settings(train=train(path, more=more)))
    assert "/" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("xgboost.XGBRanker", "xgboost.XGBRanker is no classifier"),
        ("xgboost.XGBClasifier", "has no class 'XGBClasifier'; did you mean 'XGBClassifier'?"),
        ("xgbost.XGBClassifier", "xgbost cannot be imported (No module named 'xgbost'); did you mean 'xgboost.XGBCla"),
        ("lightgbm.LGBMRegressor", "lightgbm.LGBMRegressor is no classifier, and the task is binary"),
        ("catboost.CatBoost", "catboost.CatBoost is no classifier"),
    ],
)
def test_other_classes_are_refused_by_name(path: str, said: str, mixed: pd.DataFrame, settings: Settings) -> None:
    """Those that answer another task, or none."""
    with pytest.raises(ParamsError) as refusal:
        fitting.fit(table(mixed, "binary"), settings(train={"estimator": path}))
    assert said in str(refusal.value)


def test_categories_are_native_only_where_they_can_be(mixed: pd.DataFrame, settings: Settings) -> None:
    """Another estimator says onehot; a column of text goes with it nowhere."""
    with pytest.raises(ParamsError, match=r"train\.categories: native is for .*; DecisionTreeClassifier does not"):
        fitting.fit(mixed, settings(train={"categories": "native"}))
    with pytest.raises(ParamsError, match=r"train\.categories: native goes with no column of text"):
        fitting.fit(mixed, settings(train=train("xgboost.XGB", categories="native")))


@pytest.mark.slow
def test_two_processes_write_the_same_file(mixed: pd.DataFrame, tmp_path: Path) -> None:
    """Neither the clock nor what memory holds gets into it."""
    table(mixed, "binary").to_parquet(tmp_path / "t.parquet")
    for seed in ("1", "2"):
        names = [f"{path}Classifier" for path in TREES]
        arguments = [str(tmp_path / "t.parquet"), str(tmp_path / seed), *names]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "MALLOC_PERTURB_": str(50 * int(seed))}
        subprocess.run([sys.executable, "-W", "ignore", "-c", SCRIPT, *arguments], check=True, env=environment)
    for number in range(len(TREES)):
        assert (tmp_path / f"1{number}").read_bytes() == (tmp_path / f"2{number}").read_bytes()
