"""What cannot be: one clear line, and nothing is left behind."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cookiecutter.exceptions import FailedHookException
from cookiecutter.main import cookiecutter

from line.tests.template.conftest import BARE, Done, call, tool, tree

pytestmark = pytest.mark.slow

Make = Callable[..., Done]
NAMES = ("9lives", "../evil", "a/b", "/nowhere/b", 'x"y', "a", "ok-", "My Model", "modèle", "model🙂", "x" * 41)
TABLE = "a,b,sex,c\n1,2.5,m,same\n2,3.5,f,same\n"

WRONG: dict[str, tuple[dict[str, str], str]] = {
    "word": ({"project_slug": "true"}, "'true': no name for a project"),
    "package": ({"project_slug": "mlflow"}, "'mlflow': the name of a package that the project needs; take another"),
    "no table": ({"table": "none.csv"}, "none.csv: no such file; name your table by its path"),
    "target": ({"table": "t.csv", "target": "d"}, "target: t.csv has no column 'd'; it has a, b, sex, c"),
    "near": ({"table": "t.csv", "target": "sax"}, r"target: t.csv has no column 'sax'; did you mean 'sex'\?"),
    "constant": ({"table": "t.csv"}, "target: 'c' is the same in every row; there is nothing to predict"),
    "number": ({"table": "t.csv", "target": "sex", "task": "regression"}, "task: regression needs numbers, and 'sex'"),
    "fractions": ({"table": "t.csv", "target": "b", "task": "binary"}, "target: 'b' holds fractions"),
    "no rows": ({"table": "empty.csv"}, r"empty.csv: a header line and no rows"),
    "latin": ({"table": "latin.csv"}, r"latin.csv, line 2: not UTF-8 text; set data.encoding: .*; change the file"),
    "parquet": ({"table": "t.parquet"}, r"t.parquet: (Parquet is not looked into without|not a Parquet file)"),
    "no target": ({"target": "a"}, "target and task are about a table of your own"),
    "remote": ({"remote": "my bucket"}, "remote: 'my bucket' is no place that DVC knows"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with tables to name."""
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "empty.csv").write_text("a,b\n")
    (tmp_path / "latin.csv").write_bytes("a,b\nKäse,1\n".encode("latin-1"))
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    return tmp_path


Refused = Callable[..., str]


@pytest.fixture
def refused(
    template: Path,
    settings_of_cookiecutter: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Refused:
    """Give cookiecutter answers in a folder, in this process; answers what its hooks say of them."""

    def ask(cwd: Path, **answers: str) -> str:
        monkeypatch.chdir(cwd)
        monkeypatch.setenv("PWD", str(cwd))
        capfd.readouterr()
        with pytest.raises(FailedHookException):
            cookiecutter(str(template), no_input=True, extra_context=answers, config_file=str(settings_of_cookiecutter))
        shown = capfd.readouterr()
        return shown.out + shown.err

    return ask


@pytest.fixture(scope="module")
def copy(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template for its script, which leaves it as it was where it refuses."""
    root = tmp_path_factory.mktemp("copy") / "template"
    shutil.copytree(template, root)
    return root


def test_a_bad_name_is_refused_before_anything_is_written(
    make: Make, refused: Refused, template: Path, tmp_path: Path
) -> None:
    """By cookiecutter and by the script alike; not beside the folder either."""
    (tmp_path / "here").mkdir()
    shutil.copytree(template, tmp_path / "copy")
    before = tree(tmp_path)
    for number, name in enumerate(NAMES):
        if number < 2:  # as it is typed; then by the same hooks alone
            said = make(template, cwd=tmp_path / "here", code=1, project_slug=name).said
        else:
            said = refused(tmp_path / "here", project_slug=name)
        assert "Traceback" not in said
        assert f"{name!r}: no name for a project; take 3 to 40 of a-z, 0-9 and -, from a letter on, such as" in said
        said = call(BARE, "scripts/rename.py", "--", name, cwd=tmp_path / "copy", code=1).said
        assert said.startswith(f"{name!r}: no name for a project")
        assert len(said.splitlines()) == 1
        assert tree(tmp_path) == before
        assert [path.name for path in (tmp_path / "here").iterdir()] == []


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_answer_is_refused_and_leaves_nothing(
    make: Make,
    refused: Refused,
    template: Path,
    copy: Path,
    folder: Path,
    case: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """cookiecutter takes back what it began; the script begins nothing; however narrow the screen."""
    monkeypatch.setenv("COLUMNS", "20")
    answers, line = WRONG[case]
    before = tree(folder)
    typed = case in ("word", "target")  # by the command; the others by the same hooks alone
    said = make(template, code=1, **answers).said if typed else refused(folder, **answers)
    assert re.search(line, said)
    assert "Traceback" not in said
    assert tree(folder) == before
    assert not (folder / answers.get("project_slug", "my-model")).exists()
    options = [f"--{name}={value}" for name, value in answers.items() if name != "project_slug"]
    options = [option.replace("--table=", f"--table={folder}/") for option in options]
    command = copy / "scripts/rename.py", answers.get("project_slug", "my-model"), *options
    done = call(BARE, *command, cwd=folder, code=1)
    assert re.search(line, done.said)
    assert len(done.said.splitlines()) == 1
    assert call("git", "status", "--porcelain", "--untracked-files=no", cwd=copy).said == ""


def test_a_refusal_by_way_of_cruft_has_no_traceback_below_it(template: Path, tmp_path: Path) -> None:
    """Its own report of a failed hook would be a screen long; an answer it can use goes through."""
    create = (tool("cruft"), "create", template, "--no-input", "--extra-context")
    done = call(*create, '{"table": "none.csv"}', cwd=tmp_path, code=None)
    assert done.code not in (0, None)
    assert "none.csv: no such file; name your table by its path" in done.said
    assert "Traceback" not in done.said
    assert list(tmp_path.iterdir()) == []
    call(*create, '{"project_slug": "fine"}', cwd=tmp_path)
    assert (tmp_path / "fine/params.yaml").exists()


def test_a_program_that_uses_cookiecutter_gets_its_error(template: Path, tmp_path: Path) -> None:
    """It is not ended for a wrong answer, and nothing is left either."""
    script = "import sys\nfrom cookiecutter.main import cookiecutter\n"
    script += "try:\n    cookiecutter(sys.argv[1], no_input=True, extra_context={'project_slug': 'No'})\n"
    script += "except Exception as error:\n    print('caught', type(error).__name__)\n"
    done = call(sys.executable, "-c", script, template, cwd=tmp_path, HOME=str(tmp_path / "home"))
    assert "caught FailedHookException" in done.said
    assert not (tmp_path / "No").exists()


def test_a_folder_that_is_there_already_is_left_alone(make: Make, template: Path, tmp_path: Path) -> None:
    """Even where cookiecutter is told to write over it."""
    (tmp_path / "my-model").mkdir()
    (tmp_path / "my-model/thesis.txt").write_text("years of work")
    before = tree(tmp_path)
    assert "already exists" in make(template, code=1).said
    assert "is there already, and not empty; take another name" in make(template, "--overwrite-if-exists", code=1).said
    assert tree(tmp_path) == before


def test_without_hooks_there_is_a_notice_and_no_half_project(make: Make, template: Path, tmp_path: Path) -> None:
    """Nobody takes the folder for a project: it holds one file, whose name says why."""
    make(template, "--accept-hooks", "no")
    assert list(tree(tmp_path / "my-model")) == ["HOOKS-DID-NOT-RUN.md"]
    assert "This folder is not a project" in (tmp_path / "my-model/HOOKS-DID-NOT-RUN.md").read_text()


def test_a_template_by_a_relative_path_is_found_or_refused(make: Make, template: Path, tmp_path: Path) -> None:
    """From where it was typed, wherever the project goes; where nobody says, no project that is almost empty."""
    (tmp_path / "of").symlink_to(template.parent)
    (tmp_path / "elsewhere").mkdir()
    command = "of/template", "--output-dir", str(tmp_path / "elsewhere")
    assert "name the template by its absolute path or its URL" in make(*command, code=1, typed_in="/").said
    assert list((tmp_path / "elsewhere").iterdir()) == []
    make(*command)
    assert (tmp_path / "elsewhere/my-model/params.yaml").exists()


def test_a_second_renaming_is_refused(make: Make, template: Path, tmp_path: Path) -> None:
    """A project is a project; its files are not taken for the template's again."""
    copy = tmp_path / "copy"
    shutil.copytree(template, copy)
    script = (copy / "scripts").rename(tmp_path / "scripts")
    shutil.copytree(script, copy / "scripts")
    call(BARE, "scripts/rename.py", "my-model", cwd=copy)
    shutil.copytree(script, copy / "scripts")
    before = tree(copy)
    assert "is a project of its own already" in call(BARE, "scripts/rename.py", "other", cwd=copy, code=1).said
    assert tree(copy) == before


HALF_WAY = """
import sys
sys.path.insert(0, "scripts")
import rename
def fail(*_):
    raise {error}
def fail_at_line(path, *_):
    fail() if path.name == "line" else remove(path)
remove = rename.shutil.rmtree
{patch}
rename.main()
"""


@pytest.mark.parametrize(
    "patch",
    ["rename.wheel.pinned = fail", "rename.settings.pyproject = fail", "rename.shutil.rmtree = fail_at_line"],
    ids=["the wheel is there", "files are changed", "files are removed"],
)
@pytest.mark.parametrize("error", ["OSError('no space left')", "KeyboardInterrupt"])
def test_what_fails_half_way_is_put_back(template: Path, tmp_path: Path, patch: str, error: str) -> None:
    """Every file is as it was, with its run bits, and none is there that was not; one line says so."""
    copy = tmp_path / "copy"
    shutil.copytree(template, copy)
    (tmp_path / "t.csv").write_text(TABLE)
    before = tree(copy)
    command = [BARE, "-c", HALF_WAY.format(patch=patch, error=error), "my-model", "--licence", "MIT", "--target", "b"]
    said = call(*command, "--table", tmp_path / "t.csv", cwd=copy, code=1).said
    assert said.strip() == f"{'no space left' if 'OS' in error else 'stopped'}; nothing was changed"
    assert tree(copy) == before
    assert not (copy / "vendor").exists()
    call(BARE, "scripts/rename.py", "my-model", cwd=copy)
    assert (copy / "vendor").exists()
