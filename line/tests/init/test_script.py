"""A training script is read and never run: its estimator, the parameters written out, the target."""

import sys
from pathlib import Path
from typing import Any

import pytest

from mainline.init import boosters, script

FOREST = "sklearn.ensemble.RandomForestClassifier"


@pytest.mark.parametrize(
    ("code", "path", "params"),
    [
        ("from sklearn.ensemble import RandomForestClassifier\nRandomForestClassifier()", FOREST, {}),
        ("from sklearn.ensemble import RandomForestClassifier as R\nm = R(max_depth=3)", FOREST, {"max_depth": 3}),
        ("import sklearn.ensemble\nsklearn.ensemble.RandomForestClassifier()", FOREST, {}),
        ("import sklearn.ensemble as e\ne.RandomForestClassifier()", FOREST, {}),
        ("from sklearn import ensemble\nensemble.RandomForestClassifier()", FOREST, {}),
        (
            "from sklearn.linear_model import Ridge\ndef f():\n    return Ridge(-1.5, fit_intercept=False)",
            "sklearn.linear_model.Ridge",
            {"alpha": -1.5, "fit_intercept": False},
        ),
        (
            "from sklearn.neural_network import MLPRegressor as M\nS = (8, 4)\nM(hidden_layer_sizes=S, tol=None)",
            "sklearn.neural_network.MLPRegressor",
            {"hidden_layer_sizes": [8, 4], "tol": None},
        ),
        (
            "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler\n"
            "from sklearn.svm import SVR\nmake_pipeline(StandardScaler(), SVR(C=2.0))",
            "sklearn.svm.SVR",
            {"C": 2.0},
        ),
    ],
)
def test_an_estimator_is_found_with_what_is_written_out(code: str, path: str, params: dict[str, Any]) -> None:
    """However it is imported, inside functions and pipelines, by position or by name, with constants of the module."""
    (found,) = script.read(code).estimators
    assert (found.path, found.params, found.unread) == (path, params, ())


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("max_depth=depth", "max_depth=depth is no plain value"),
        ("max_depth=int('3')", "max_depth=int('3') is no plain value"),
        ("max_depth=TWICE", "max_depth=TWICE is no plain value"),
        ("max_features={1, 2}", "max_features={1, 2} is no plain value"),
        ("max_dept=3", "max_dept=3: this scikit-learn's RandomForestClassifier has no such parameter"),
        ("**options", "**=options is not written out"),
    ],
)
def test_what_cannot_be_read_is_said(argument: str, said: str) -> None:
    """It stays at its default, and everything else is taken."""
    code = f"TWICE = 1\nTWICE = 2\nfrom sklearn.ensemble import RandomForestClassifier as R\nR(n_jobs=2, {argument})"
    (found,) = script.read(code).estimators
    assert found.params == {"n_jobs": 2}
    assert found.unread == (said,)


@pytest.mark.parametrize(
    "code",
    [
        "class RandomForestClassifier: ...\nRandomForestClassifier()",
        "from xgboost import XGBRanker\nXGBRanker()",
        "class XGBClassifier: ...\nXGBClassifier()",
        "from sklearn.preprocessing import StandardScaler\nStandardScaler()",
        "from sklearn.nosuch import Model\nModel()",
        "from sklearn.ensemble import RandomForestClassifier",
        "from .sklearn.ensemble import RandomForestClassifier\nRandomForestClassifier()",
    ],
)
def test_other_classes_are_no_estimators(code: str) -> None:
    """Only a classifier or regressor of scikit-learn, or of a library known by name, counts, where it is made."""
    assert script.read(code).estimators == ()


XGB, LGBM, CAT = "xgboost.XGBClassifier", "lightgbm.LGBMRegressor", "catboost.CatBoostClassifier"


@pytest.mark.parametrize(
    ("code", "path", "params", "unread"),
    [
        ("from xgboost import XGBClassifier\nXGBClassifier(max_depth=3)", XGB, {"max_depth": 3}, ()),
        ("import xgboost as xgb\nxgb.XGBClassifier()", XGB, {}, ()),
        ("from xgboost.sklearn import XGBClassifier\nXGBClassifier(use_label_encoder=False)", XGB, {}, ()),
        ("import lightgbm as lgb\nN = 50\nlgb.LGBMRegressor(num_leaves=N, verbose=-1)", LGBM, {"num_leaves": 50}, ()),
        ("import lightgbm\nlightgbm.LGBMRegressor('dart')", LGBM, {}, ("'dart' has no name; say which it is",)),
        ("import lightgbm\nlightgbm.LGBMRegressor(n_jobs=-1)", LGBM, {"n_jobs": -1}, ()),
        (
            "from catboost import CatBoostClassifier as C\nC(depth=4, thread_count=-1, train_dir='x', **more)",
            CAT,
            {"depth": 4},
            (f"thread_count=-1: {boosters.THREADS}", "**=more is not written out"),
        ),
        (
            "from xgboost import XGBClassifier\nm = XGBClassifier(early_stopping_rounds=9, max_depth=deep())\n"
            "m.fit(X, y, eval_set=[(A, b)], verbose=False)",
            XGB,
            {},
            (
                f"early_stopping_rounds=9: {boosters.NO_STOP}",
                "max_depth=deep() is no plain value",
                f"fit(eval_set=...): {boosters.NO_STOP}",
            ),
        ),
    ],
)
def test_boosted_trees_are_known_by_name(code: str, path: str, params: dict[str, Any], unread: tuple[str, ...]) -> None:
    """Though none of the libraries be installed; what stops early is left out with a word, what prints without one."""
    (found,) = script.read(code).estimators
    assert (found.path, found.params, found.unread, found.native) == (path, params, unread, False)


@pytest.mark.parametrize(
    ("code", "native"),
    [
        ("XGBClassifier(enable_categorical=True)", True),
        ("XGBClassifier(enable_categorical=False)", False),
        ("XGBClassifier().fit(X, y, categorical_feature=columns)", True),
        ("XGBClassifier()\nSVC().fit(X, y)", False),
    ],
)
def test_who_names_categories_has_the_estimator_split_by_them(code: str, native: bool) -> None:
    """Where it is made or fitted: train.categories says so, and no parameter."""
    (found,) = script.read(f"from xgboost import XGBClassifier\n{code}").estimators
    assert (found.native, found.params) == (native, {})


def test_the_outer_estimator_counts_and_others_are_listed() -> None:
    """One inside another belongs to it; one beside it comes after it."""
    code = (
        "from sklearn.ensemble import BaggingClassifier\nfrom sklearn.tree import DecisionTreeClassifier as T\n"
        "BaggingClassifier(T(), n_estimators=5)\nT(max_depth=1)"
    )
    outer, beside = script.read(code).estimators
    assert (outer.path, outer.params, outer.line) == ("sklearn.ensemble.BaggingClassifier", {"n_estimators": 5}, 3)
    assert outer.unread == ("estimator=T() is no plain value",)
    assert (beside.path, beside.line) == ("sklearn.tree.DecisionTreeClassifier", 4)


def test_nothing_of_a_script_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that would end the process is only read, and what it imports of theirs is not imported."""
    assert script.read("import sys\nsys.exit(9)\nraise SystemExit").estimators == ()
    code = "from sklearn.svm import SVC\n\n\nclass Mine(SVC): ...\n"
    (tmp_path / "their_models.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    assert script.read("from their_models import Mine\nMine()").estimators == ()
    assert "their_models" not in sys.modules


@pytest.mark.parametrize(
    ("code", "columns"),
    [
        ('y = table["bought"]', ["bought"]),
        ("X, y = table.drop(columns=['bought']), table['bought'].astype(int)", ["bought"]),
        ('y = table.pop("bought")', ["bought"]),
        ("y = table.bought.values", ["bought"]),
        ('TARGET = "bought"\ny_all = table[TARGET].to_numpy()', ["bought", "bought"]),
        ('labels = table[["bought"]]', ["bought"]),
        ('y = table["spent"] > 100', []),
        ('y = table["spent"].map(code)', []),
        ('other = table["bought"]', []),
        ("X_train, y_train = split(table)", []),
    ],
)
def test_a_target_is_what_the_script_calls_so(code: str, columns: list[str]) -> None:
    """What is computed from a column is not that column; what has another name is no target."""
    assert [column for column, _ in script.read(code).targets] == columns
