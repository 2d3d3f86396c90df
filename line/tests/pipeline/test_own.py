"""What a file may name of the project's own code: its estimators, and no more."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
import skops.io
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline

from pipeline import own
from pipeline.errors import ModelError
from pipeline.model import saving
from tests.pipeline.model.test_saving import GOOD, rewritten

CODE = """
from pathlib import Path
from sklearn.dummy import DummyClassifier
class Own(DummyClassifier):
    pass
class Helper:
    pass
Alias = Own
def function(*_):
    raise AssertionError("called")
"""


@pytest.fixture(autouse=True)
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of somebody's own."""
    made = ModuleType("pipeline.model.mine")
    monkeypatch.setitem(sys.modules, made.__name__, made)
    exec(CODE, made.__dict__)
    return made


def test_an_estimator_of_ones_own_is_vouched_for_by_being_there(module: ModuleType, tmp_path: Path) -> None:
    """Saved and loaded without train.trusted; types names it for whoever loads the file in another way."""
    path = tmp_path / "m.skops"
    saving.save(Pipeline([("estimator", module.Own().fit([[0], [1]], [0, 1]))]), path)
    assert saving.load(path).predict([[0]]).tolist() == [0]
    assert "pipeline.model.mine.Own" in saving.types(path)
    assert "pipeline.model.mine.Own" not in saving.TRUSTED


def test_another_class_of_ones_own_has_to_be_named(module: ModuleType, tmp_path: Path) -> None:
    """The refusal says what needs no word, too."""
    fitted = Pipeline([("estimator", DummyClassifier().fit([[0], [1]], [0, 1]))])
    fitted["estimator"].helps = module.Helper()
    with pytest.raises(ModelError, match=r"holds pipeline\.model\.mine\.Helper, which nobody vouched .*BaseEstimator"):
        saving.save(fitted, tmp_path / "m.skops")
    saving.save(fitted, tmp_path / "m.skops", ["pipeline.model.mine.Helper"])


@pytest.mark.parametrize(
    "path",
    [
        "pipeline.model.mine.function",
        "pipeline.model.mine.Helper",
        "pipeline.model.mine.Alias",
        "pipeline.model.mine.Path",
        "pipeline.model.mine.DummyClassifier",
        "pipeline.model.mine.Own.fit",
        "pipeline.model.mine.__init__",
        "pipeline.model.mine.NoSuch",
        "pipeline.model.none.Own",
        "pipeline.__main__.main",
        "pipeline.Own",
        "pipelines.model.Own",
        "sklearn.dummy.DummyClassifier",
        "os.system",
        "",
        ".",
    ],
)
def test_nothing_else_is_reached(path: str) -> None:
    """No function, no other class, nothing by another name, and no module that acts when it is imported."""
    assert own.named(path, BaseEstimator) is None


def test_a_class_is_found_by_its_name(module: ModuleType) -> None:
    """In the module that defines it."""
    assert own.named("pipeline.model.mine.Own", BaseEstimator) is module.Own


@pytest.mark.parametrize("loader", ["ObjectNode", "ConstructorFromReduceNode", "FunctionNode", "ListNode", "DictNode"])
@pytest.mark.parametrize("name", ["model.mine.function", "model.saving.save", "table.tables.write_text"])
def test_a_forged_file_calls_nothing_of_the_code(loader: str, name: str, tmp_path: Path) -> None:
    """However it asks for it."""
    module, _, called = f"pipeline.{name}".rpartition(".")
    node = {"__class__": called, "__module__": module, "__loader__": loader, "__id__": 1}
    text = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": '"x"', "is_json": True}
    inside = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": [text]}
    content = {"ListNode": [text], "DictNode": {}}.get(loader, inside)
    forged = {**node, "content": content, "key_types": {**inside, "content": []}}
    (tmp_path / "m.skops").write_bytes(rewritten(lambda schema: json.dumps(schema | forged)))
    with pytest.raises(ModelError, match=f"holds {module}.{called}, which nobody vouched for"):
        saving.load(tmp_path / "m.skops")


def test_what_it_was_forged_from_is_fine(tmp_path: Path) -> None:
    """The file before somebody changed it loads."""
    (tmp_path / "m.skops").write_bytes(skops.io.dumps(GOOD))
    assert saving.load(tmp_path / "m.skops").predict([[0]]).tolist() == [0]
