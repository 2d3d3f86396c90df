"""A stage lists the modules that its code imports: a change of one would rebuild nothing else."""

from pathlib import Path

import pytest

from mainline.errors import ConfigError
from mainline.project import Project
from mainline.prove import imports

CODE = {
    "src/made/__init__.py": '"""Words."""\n',
    "src/made/train.py": "import numpy\nfrom made.deep import helper\n",
    "src/made/deep/__init__.py": "",
    "src/made/deep/helper.py": "",
    "src/made/other.py": "",
}
LISTED = ("src/made/train.py", "src/made/deep/helper.py")


def write(root: Path, code: dict[str, str], deps: tuple[str, ...]) -> Project:
    """A project of one stage."""
    for name, text in code.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    lines = "".join(f"      - {each}\n" for each in deps)
    (root / "dvc.yaml").write_text(f"stages:\n  train:\n    cmd: train\n    deps:\n      - data.csv\n{lines}")
    return Project(root)


def test_the_template_lists_all_that_its_stages_import(root: Path) -> None:
    """So that a project begins with a dvc.yaml that holds."""
    imports.require_listed(Project(root))


@pytest.mark.parametrize(
    "deps",
    [
        LISTED,
        ("src/made",),
        ("src/made/train.py", "src/made/deep"),
        ("src/made/deep/helper.py: {cache: false}", "src/made/train.py"),
        (),
    ],
)
def test_what_is_listed_holds(tmp_path: Path, deps: tuple[str, ...]) -> None:
    """By name, by a folder around it, with options; a package that says nothing need not be, nor what has no code."""
    imports.require_listed(write(tmp_path, CODE, deps))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("src/made/train.py", "import made.other"),
        ("src/made/train.py", "import made.other as o"),
        ("src/made/train.py", "from made import other"),
        ("src/made/train.py", "from made.other import X"),
        ("src/made/train.py", "from . import other"),
        ("src/made/train.py", "from .other import X"),
        ("src/made/train.py", "def f():\n    from made import other"),
        ("src/made/deep/helper.py", "from made import other"),
        ("src/made/deep/helper.py", "from .. import other"),
        ("src/made/deep/helper.py", "from ..other import X"),
        ("src/made/__init__.py", "from made import other"),
    ],
)
def test_what_is_imported_and_not_listed_is_named(tmp_path: Path, path: str, line: str) -> None:
    """However it is written, wherever in the file, and by whichever of the stage's modules."""
    project = write(tmp_path, {**CODE, path: f"{CODE[path]}{line}\n"}, LISTED)
    with pytest.raises(ConfigError, match=r"the stage train reads .*src/made/(other|__init__)\.py.* does not list it"):
        imports.require_listed(project)


def test_a_package_that_says_something_is_listed(tmp_path: Path) -> None:
    """Its file is run by every import from it."""
    project = write(tmp_path, {**CODE, "src/made/deep/__init__.py": "import os\n"}, LISTED)
    with pytest.raises(ConfigError, match=r"reads src/made/deep/__init__\.py and"):
        imports.require_listed(project)


def test_the_code_in_a_listed_folder_is_listed_code(tmp_path: Path) -> None:
    """What it imports from elsewhere is needed, too."""
    deep = {**CODE, "src/made/deep/helper.py": "from made import other\n"}
    assert imports.absent(write(tmp_path, deep, ("src/made/deep",))) == {"train": ["src/made/other.py"]}
    imports.require_listed(write(tmp_path, deep, ("src/made/deep", "src/made/other.py")))


READER = "  predict:\n    cmd: predict\n    deps:\n      - models/model.skops\n"


@pytest.mark.parametrize("estimator", ["sklearn.tree.DecisionTreeClassifier", "made.other.Own"])
def test_whoever_reads_a_model_lists_what_its_file_names(tmp_path: Path, estimator: str) -> None:
    """What the stage that made it imports, and its estimator's own module, which that stage lists, too."""
    made = "    outs: [models/model.skops]\n"
    own = ("src/made/other.py",) if estimator.startswith("made.") else ()
    project = write(tmp_path, CODE, (*LISTED, *own))
    (tmp_path / "params.yaml").write_text(f"train: {{estimator: {estimator}}}\n")
    text = (tmp_path / "dvc.yaml").read_text() + made + READER
    (tmp_path / "dvc.yaml").write_text(text)
    wanted = ["src/made/deep/helper.py", *own]
    assert imports.absent(project) == {"predict": wanted}
    (tmp_path / "dvc.yaml").write_text(text + "".join(f"      - {each}\n" for each in wanted))
    assert imports.absent(project) == {}
    without = write(tmp_path, {}, LISTED)
    (tmp_path / "dvc.yaml").write_text((tmp_path / "dvc.yaml").read_text() + made)
    assert imports.absent(without) == ({"train": list(own)} if own else {})


PINS = {
    "requirements/pipeline.txt": "numpy==2.4.6 \\\n    --hash=sha256:00\nscikit-learn==1.9.1 ; python_version > '3'\n"
}


@pytest.mark.parametrize("line", ["import numpy as np", "from sklearn import tree", "import sklearn.tree"])
def test_a_package_that_is_imported_is_a_dep_by_what_pins_it(tmp_path: Path, line: str) -> None:
    """By the lock of those that the pipeline imports, and no longer: another version of any other builds nothing."""
    code = {**CODE, "src/made/train.py": "from made.deep import helper\n", **PINS}
    imports.require_listed(write(tmp_path, {**code, "src/made/deep/helper.py": "import mlflow\n"}, LISTED))
    project = write(tmp_path, {"src/made/deep/helper.py": f"{line}\n"}, LISTED)
    with pytest.raises(ConfigError, match=r"the stage train reads requirements/pipeline\.txt and does not"):
        imports.require_listed(project)
    imports.require_listed(write(tmp_path, {}, (*LISTED, "requirements/pipeline.txt")))


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        ("xgboost.XGBClassifier", "xgboost"),
        ("sklearn.tree.DecisionTreeClassifier", None),
        ("made.train.Own", None),
        (None, None),
    ],
)
def test_an_estimator_of_a_package_that_nothing_pins_is_named(
    tmp_path: Path, estimator: str | None, said: str | None
) -> None:
    """Its module is named in params.yaml, and imported by no line of code."""
    write(tmp_path, {**CODE, **PINS}, LISTED)
    (tmp_path / "params.yaml").write_text(f"train: {{estimator: {estimator or 'null'}}}\n")
    assert imports.stranger(Project(tmp_path)) == said
    (tmp_path / "requirements/pipeline.txt").unlink()
    assert imports.stranger(Project(tmp_path)) is None


@pytest.mark.parametrize("text", ["stages: [1]\n", "a: [\n", "", "stages: {train: x}\n"])
def test_what_is_wrong_otherwise_is_left_to_dvc(tmp_path: Path, text: str) -> None:
    """Nothing is said twice; code that cannot be parsed says so when it runs."""
    project = write(tmp_path, {**CODE, "src/made/train.py": "def (:\n"}, LISTED)
    imports.require_listed(project)
    (tmp_path / "dvc.yaml").write_text(text)
    imports.require_listed(project)


def test_the_list_of_the_forgotten_is_listed(tmp_path: Path) -> None:
    """A line more in it is to rebuild the table."""
    project = write(tmp_path, {**CODE, "params.yaml": "data: {forget: data/forget.txt}\n"}, LISTED)
    imports.require_listed(project)
    with (project / "dvc.yaml").open("a") as stream:
        stream.write("    outs: [data/raw.parquet]\n")
    with pytest.raises(ConfigError, match=r"the stage train reads data/forget\.txt and does not list it"):
        imports.require_listed(Project(tmp_path))


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ("{file: models/net.onnx}", ["models/net.onnx"]),
        ("{parts: [{file: ./models/net.onnx}, 3, null]}", ["models/net.onnx"]),
        ("{file: models/none.onnx, criterion: gini}", []),
        ("{file: models, x: ../outside, y: ''}", []),
        (f"{{x: {'n' * 300}}}", []),
        ("[1]", []),
        ("null", []),
    ],
)
def test_a_file_that_the_models_parameters_name_is_listed(tmp_path: Path, params: str, wanted: list[str]) -> None:
    """By the stages that fit a model; what is no file of the project's is a word like any other."""
    (tmp_path / "project/models").mkdir(parents=True)
    for each in ("project/models/net.onnx", "outside"):
        (tmp_path / each).write_text("")
    code = {**CODE, "params.yaml": f"train: {{params: {params}}}\n"}
    project = write(tmp_path / "project", code, LISTED)
    assert imports.absent(project) == {}
    with (project / "dvc.yaml").open("a") as stream:
        stream.write("    params: [data, train]\n")
    assert imports.absent(Project(project.root)) == ({"train": wanted} if wanted else {})
