"""A model by the protocol, from the page that tells of it: four methods, and it is one like any other."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import ModelError, ParamsError
from pipeline.model import fast_path, fitting, packages, predicting, saving
from pipeline.model.inputs import Inputs, Layout
from tests.pipeline.conftest import Settings

PAGE = Path(__file__).parents[4] / "docs/frameworks.md"
PATH = "pipeline.model.centres.Centres"
Fit = Callable[..., Any]


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The page's example, as if it lay where its first line says."""
    found = re.search(r"^```python\n# src/pipeline/model/centres\.py\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    assert found
    made = ModuleType(PATH.rpartition(".")[0])
    monkeypatch.setitem(sys.modules, made.__name__, made)
    exec(compile(found[1], "centres.py", "exec"), made.__dict__)
    return made


@pytest.fixture
def rows(mixed: pd.DataFrame) -> pd.DataFrame:
    """Numbers, dates, towns and gaps, yes or no."""
    return mixed.drop(columns="note")


@pytest.fixture
def fit(module: ModuleType, rows: pd.DataFrame, settings: Settings, folder: Path) -> Fit:
    """Fit the example, with methods of it in place of its own."""

    def fitted(table: pd.DataFrame = rows, *, params: dict[str, Any] | None = None, **methods: Any) -> Any:
        for name, method in methods.items():
            setattr(module.Centres, name, method)
        return fitting.fit(table, settings(train={"estimator": PATH, "params": params or {}}))

    return fitted


def test_four_methods_make_a_model(fit: Fit, rows: pd.DataFrame) -> None:
    """Saved without train.trusted, the same bytes twice; the same bits when it is loaded, and quickly."""
    written = []
    for _ in range(2):
        fitted, about = fit()
        saving.save(fitted)
        written.append(saving.PATH.read_bytes())
    assert written[0] == written[1]
    before, loaded = predicting.predict(fitted, about, rows), saving.load()
    assert (before["prediction"] == rows["label"]).mean() > 0.6
    pd.testing.assert_frame_equal(predicting.predict(loaded, about, rows), before, check_exact=True)
    quick = fast_path.of(loaded, about)
    assert quick is not None
    said = quick.predict(Inputs.of(about.conform(rows), Layout.of(about)))
    assert np.array_equal(said, before[["p_no", "p_yes"]].to_numpy())


def test_what_was_made_anew_is_what_answers(fit: Fit) -> None:
    """What fit leaves in memory and save forgets is missed at once, and not in production."""
    with pytest.raises(ModelError, match=r"Centres failed on the training rows: Centres: AttributeError: .*'centres'"):
        fit(load=lambda self, content: None)


def test_numbers_are_foretold_too(fit: Fit, numbers: pd.DataFrame) -> None:
    """A regression has no classes, and gets its labels as they are."""
    heard: list[Any] = []

    def learn(self: Any, features: np.ndarray, labels: np.ndarray, classes: Any) -> None:
        heard.extend([labels, classes])
        self.centres = np.atleast_1d(labels.mean())

    fitted, about = fit(numbers, fit=learn, predict=lambda self, rows: np.full((len(rows), 1), self.centres[0]))
    assert np.array_equal(heard[0], numbers["label"])
    assert heard[1] is None
    assert set(predicting.predict(fitted, about, numbers)["prediction"]) == {numbers["label"].mean()}


def test_one_chance_of_two_is_enough(fit: Fit, rows: pd.DataFrame) -> None:
    """That of the second class, as a row or as a column."""
    for shape in ((-1,), (-1, 1)):
        fitted, about = fit(predict=lambda self, rows, shape=shape: np.full(len(rows), 0.75).reshape(shape))
        said = predicting.predict(fitted, about, rows)
        assert said[["p_no", "p_yes"]].drop_duplicates().to_numpy().tolist() == [[0.25, 0.75]]


class Odd(Exception):
    """What a library raises, and nobody here knows."""


def odd(*_: Any) -> None:
    """Fail as a library would."""
    raise Odd("of its own\nwith more lines")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "save gives no bytes": ({"save": lambda self: "text"}, "save gives str, and has to give bytes"),
    "fit fails": ({"fit": odd}, "Centres: Odd: of its own"),
    "predict fails": ({"predict": odd}, "Centres: Odd: of its own"),
    "another shape": ({"predict": lambda self, rows: np.zeros((len(rows), 5))}, "array of (1, 5), and (1, 2) is asked"),
    "no rows": ({"predict": lambda self, rows: np.zeros(7)}, "it answers 1 rows with an array of (7,)"),
    "others beside": (
        {"predict": lambda self, rows: np.full(len(rows), 1 / len(rows))},
        "it answers a row in another way where others are beside it",
    ),
}


@pytest.mark.parametrize(("methods", "said"), WRONG.values(), ids=WRONG)
def test_a_method_that_does_not_keep_to_it_is_told_in_one_line(methods: Any, said: str, fit: Fit) -> None:
    """By what it did, where the model is fitted."""
    with pytest.raises(ModelError, match=r"^pipeline\.model\.centres\.Centres failed") as refusal:
        fit(**methods)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_its_parameters_are_those_of_the_class(fit: Fit) -> None:
    """By name; another one is refused with the nearest."""
    assert fit(params={"sharpness": 2.0})[0]["estimator"].params == {"sharpness": 2.0}
    with pytest.raises(ParamsError, match="Centres has no parameter 'sharpnes'; did you mean 'sharpness'"):
        fit(params={"sharpnes": 2.0})


def test_the_seed_is_given_where_it_is_asked_for(module: ModuleType, rows: pd.DataFrame, settings: Settings) -> None:
    """By a parameter random_state, as of scikit-learn's."""

    def made(self: Any, random_state: int) -> None:
        self.seed, self.sharpness = random_state, 1.0

    module.Centres.__init__ = made
    fitted, _ = fitting.fit(rows, settings(train={"estimator": PATH, "seed": 7}))
    assert fitted["estimator"].params == {"random_state": 7}


@pytest.mark.parametrize("path", ["os.system", "pipeline.model.framework.Framework.fit", "pipeline.features.Clip", ""])
def test_a_file_cannot_name_another_class(path: str, fit: Fit) -> None:
    """Only one by the protocol, of the project's own code."""
    fitted, _ = fit()
    fitted["estimator"].path = path
    saving.save(fitted)
    with pytest.raises(
        ModelError, match=re.escape(f"{path!r} is no class of src/pipeline that derives from Framework")
    ):
        saving.load()


def test_what_a_models_code_imports_is_what_it_needs(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packages that the service has to have, beside scikit-learn's."""
    from pipeline.model import onnx

    saving.save(fit()[0])
    assert "onnxruntime" not in packages.needed(PATH)
    assert "onnxruntime" in packages.needed(f"{onnx.__name__}.Onnx")


def test_a_package_that_is_not_there_is_named(
    rows: pd.DataFrame, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the project's own code, by what it imports."""
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.delitem(sys.modules, "pipeline.model.onnx", raising=False)
    with pytest.raises(
        ParamsError, match=r"pipeline\.model\.onnx cannot be imported .*`mainline add` brings the packag"
    ):
        fitting.fit(rows, settings(train={"estimator": "pipeline.model.onnx.Onnx", "params": {"file": "x"}}))
