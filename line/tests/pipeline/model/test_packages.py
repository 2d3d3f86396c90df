"""Which packages a model needs, told by its file and by the project's code in it."""

import sys
from importlib.metadata import version
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from zipfile import ZipFile
from zipimport import zipimporter

import pandas as pd
import pytest
import skops.io
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from pipeline.errors import DataError, ModelError
from pipeline.model import packages, saving
from pipeline.model.signature import Signature
from pipeline.stages import train
from tests.pipeline.conftest import Settings

TREE = "sklearn.tree.DecisionTreeClassifier"


def test_a_model_needs_scikit_learn_and_what_the_own_features_import(folder: Path) -> None:
    """Not numpy, which these bring; nor the project's own code, nor Python's."""
    saving.save(Pipeline([("none", FunctionTransformer())]), trusted=[])
    assert packages.needed(TREE) == {name: version(name) for name in ("pandas", "scikit-learn")}


def test_the_package_of_an_estimator_and_of_a_type_inside_it_is_named(folder: Path) -> None:
    """By what is installed under the module's name."""
    from tabulate import tabulate

    (folder / "models").mkdir(exist_ok=True)
    skops.io.dump(Pipeline([("table", FunctionTransformer(tabulate))]), saving.PATH)
    assert set(packages.needed("click.Model")) == {"click", "pandas", "scikit-learn", "tabulate"}


@pytest.mark.parametrize("kind", ["file", "wheel"])
def test_what_the_projects_own_code_imports_is_named(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever in it, as the service imports it with the model; and where the code lies in a wheel."""
    code = "def f():\n    import tabulate.version\nfrom . import x\nfrom click import echo\n"
    if kind == "wheel":
        with ZipFile(folder / "own.whl", "w") as wheel:
            wheel.writestr("pipeline/own.py", code)
        spec = zipimporter(str(folder / "own.whl/pipeline")).find_spec("pipeline.own")
    else:
        (folder / "own.py").write_text(code)
        spec = spec_from_file_location("pipeline.own", folder / "own.py")
    assert spec
    monkeypatch.setitem(sys.modules, "pipeline.own", module_from_spec(spec))
    saving.save(Pipeline([("none", FunctionTransformer())]), trusted=[])
    assert {"click", "tabulate"} <= set(packages.needed("pipeline.own.Model"))


def test_of_two_builds_of_a_library_the_pinned_one_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both give the module; the stages are pinned to one."""
    monkeypatch.setattr(packages, "_owners", lambda: {"boost": ["boost-cpu", "Boost", "boost-cpu"]})
    assert packages.package_of("boost.Model") == "Boost"
    (folder / "requirements").mkdir(exist_ok=True)
    packages.PINNED.write_text("boost_cpu==1 \\\n    --hash=sha256:0\n")
    assert packages.package_of("boost.Model") == "boost-cpu"


@pytest.mark.parametrize("path", ["collections.Counter", "pipeline.own.Model", "no_such_module.Model", ""])
def test_what_is_no_package_is_none(path: str) -> None:
    """Python's own, the project's own, and what is not installed."""
    assert packages.package_of(path) is None


def test_what_the_service_does_not_install_is_refused(folder: Path) -> None:
    """By name, with the command; where no list says what it installs, nothing is."""
    packages.require_served(["tabulate"], "train.estimator")
    packages.SERVED.parent.mkdir(exist_ok=True)
    packages.SERVED.write_text("# tabulate\nscikit_learn\nbento[io]>=1\n")
    packages.require_served([None, "Scikit-Learn", "bento"], "train.estimator")
    said = r"^train\.estimator: tabulate is installed here, and not in requirements/service\.in; run `mainline add tab"
    with pytest.raises(ModelError, match=said):
        packages.require_served(["tabulate"], "train.estimator")


def test_train_writes_them_down(settings: Settings, mixed: pd.DataFrame, folder: Path) -> None:
    """Into the signature; one of before, without them, is read as it is."""
    (folder / "data").mkdir(exist_ok=True)
    mixed.to_parquet("data/train.parquet")
    train.run(settings())
    about = Signature.load()
    assert set(about.packages or {}) == {"pandas", "scikit-learn"}
    about.model_copy(update={"packages": None}).save()
    assert '"packages"' not in Path("models/signature.json").read_text()
    assert Signature.load().packages is None


@pytest.mark.parametrize(
    ("estimator", "name"), [("tabulate.Model", "tabulate"), ("pipeline.model.onnx.Onnx", "onnxruntime")]
)
def test_train_refuses_before_it_fits(
    estimator: str, name: str, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is installed and not served is no model of this project's, nor what a module of its own imports."""
    monkeypatch.delitem(sys.modules, "pipeline.model.onnx", raising=False)
    packages.SERVED.parent.mkdir(exist_ok=True)
    packages.SERVED.write_text("pandas\nscikit-learn\n")
    wanted: Any = settings(train={"estimator": estimator})
    with pytest.raises(
        ModelError, match=rf"^train\.estimator: {name} is installed here, and not in .*mainline add {name}"
    ):
        train.run(wanted)
    packages.SERVED.write_text(f"pandas\nscikit-learn\n{name}\n")
    with pytest.raises(DataError, match=r"data/train\.parquet"):
        train.run(wanted)


def test_a_model_whose_package_is_missing_is_not_called_damaged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The module is named, and where it belongs."""
    from tabulate import tabulate

    (folder / "models").mkdir(exist_ok=True)
    skops.io.dump(Pipeline([("table", FunctionTransformer(tabulate))]), saving.PATH)
    monkeypatch.setitem(sys.modules, "tabulate", None)
    with pytest.raises(ModelError, match=r"needs the package of tabulate, which is not installed here;.*mainline add"):
        saving.load(trusted=["tabulate.tabulate"])


def test_a_model_whose_package_lacks_a_library_is_not_called_damaged(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system's loader did not find is named, whatever package the model is made of."""
    from tabulate import tabulate

    (folder / "models").mkdir(exist_ok=True)
    skops.io.dump(Pipeline([("table", FunctionTransformer(tabulate))]), saving.PATH)
    (folder / "tabulate.py").write_text("import ctypes\nctypes.CDLL('libnone.so.1')\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "tabulate")
    with pytest.raises(ModelError, match=r"^models/model.skops: cannot be loaded: libnone\.so\.1, a library of the"):
        saving.load(trusted=["tabulate.tabulate"])
