"""Any estimator by its import path; what is none is refused with the nearest name."""

import pytest
from sklearn.pipeline import Pipeline

from pipeline.errors import ModelError, ParamsError
from pipeline.model import estimator
from pipeline.model.signature import Column, Signature
from pipeline.sections import Train


def build(path: str, task: str = "binary", **train: object) -> Pipeline:
    """The unfitted model for a table of one number."""
    about = Signature(task=task, target="y", estimator=path, rows=9, columns=(Column(name="x", kind="numeric"),))
    return estimator.build(Train.model_validate({"estimator": path} | train), about)


@pytest.mark.parametrize(
    ("path", "task"),
    [
        ("sklearn.tree.DecisionTreeClassifier", "binary"),
        ("sklearn.ensemble.HistGradientBoostingClassifier", "multiclass"),
        ("sklearn.linear_model.Ridge", "regression"),
        ("sklearn.dummy.DummyClassifier", "binary"),
    ],
)
def test_an_estimator_is_built_with_its_parameters(path: str, task: str) -> None:
    """It stands behind the preprocessing, with the seed where it takes one."""
    made = build(path, task, seed=7)
    assert type(made["estimator"]).__name__ == path.rpartition(".")[2]
    assert made["estimator"].random_state == 7


def test_stated_parameters_come_before_the_seed() -> None:
    """params may set random_state itself; an estimator without one gets none."""
    assert build("sklearn.tree.DecisionTreeClassifier", params={"random_state": 3})["estimator"].random_state == 3
    assert build("sklearn.neighbors.KNeighborsClassifier", params={"n_neighbors": 3})["estimator"].n_neighbors == 3


@pytest.mark.parametrize(
    ("path", "task", "params", "said"),
    [
        ("sklearn.tree.DecisionTreeClasifier", "binary", {}, "has no class 'DecisionTreeClasifier'; did you mean 'Dec"),
        ("sklearn.tre.DecisionTreeClassifier", "binary", {}, "; did you mean 'sklearn.tree.DecisionTreeClassifier'?"),
        ("xgbost.XGBClassifier", "binary", {}, "xgbost cannot be imported"),
        ("DecisionTreeClassifier", "binary", {}, "is no import path such as sklearn.tree.DecisionTreeClassifier"),
        ("..tree.X", "binary", {}, "cannot be imported"),
        ("sklearn.tree.export_text", "binary", {}, "has no class 'export_text'"),
        ("collections.OrderedDict", "binary", {}, "cannot be fitted; it is no estimator"),
        ("datetime.datetime", "binary", {}, "cannot be fitted; it is no estimator"),
        ("sklearn.preprocessing.StandardScaler", "binary", {}, "is no classifier, and the task is binary"),
        ("sklearn.linear_model.Ridge", "multiclass", {}, "is no classifier, and the task is multiclass"),
        ("sklearn.linear_model.LogisticRegression", "regression", {}, "is no regressor, and the task is regression"),
        ("sklearn.svm.LinearSVC", "binary", {}, "LinearSVC gives no probabilities (predict_proba)"),
        ("sklearn.svm.SVC", "binary", {}, "use sklearn.linear_model.LogisticRegression"),
        ("sklearn.ensemble.VotingClassifier", "binary", {}, "missing 1 required positional argument: 'estimators'"),
        ("sklearn.semi_supervised.SelfTrainingClassifier", "binary", {}, "SelfTrainingClassifier refuses them"),
        (
            "sklearn.tree.DecisionTreeClassifier",
            "binary",
            {"max_dept": 3},
            "no parameter 'max_dept'; did you mean 'max_depth'?",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(path: str, task: str, params: dict[str, object], said: str) -> None:
    """One line with the nearest right name, or what it must be."""
    with pytest.raises(ParamsError) as refusal:
        build(path, task, params=params)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_table_without_features_is_refused() -> None:
    """Where every column is ignored there is nothing to learn from."""
    about = Signature(task="binary", target="y", estimator="x", rows=9, columns=(Column(name="x", kind="ignored"),))
    with pytest.raises(ModelError, match="no column is left to learn from"):
        estimator.build(Train(estimator="sklearn.tree.DecisionTreeClassifier"), about)
