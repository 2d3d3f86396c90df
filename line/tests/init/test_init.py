"""`mainline init`: the line beside somebody's own table and script, none of whose files it changes."""

import hashlib
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from line.tests.projects import TOP, commit_all
from mainline.tools import git

pytestmark = pytest.mark.slow

TRAIN = """\
import joblib
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

raise SystemExit("this script is read, and never run")
table = pd.read_csv("../data/customers.csv", sep=";")
X, y = table.drop(columns=["left"]), table["left"]
model = DecisionTreeClassifier(max_depth=4, random_state=3, min_samples_leaf=len("xx"))
joblib.dump(model.fit(X, y), "model.joblib")
"""
TREE = 'DecisionTreeClassifier(max_depth=4, random_state=3, min_samples_leaf=len("xx"))'
BOOSTED = TRAIN.replace(TREE, "LGBMClassifier(n_estimators=20)")
BOOSTED = BOOSTED.replace("sklearn.tree import DecisionTreeClassifier", "lightgbm import LGBMClassifier")
THEIRS = {
    "README.md": "# Customers\n",
    "pyproject.toml": '[project]\nname = "customers"\nversion = "3.1"\n',
    "Makefile": "test:\n\tpytest\n",
    ".gitignore": "*.joblib\n/plots/",  # without a line's end
    "src/train.py": TRAIN,
    "tests/test_train.py": "from sklearn.svm import SVC\n\n\ndef test_nothing():\n    SVC()\n",
    "tests/rows.csv": "a,b\n1,2\n",
    "requirements/dev.txt": "pytest\n",
    ".github/workflows/tests.yml": "on: push\njobs: {}\n",
}


def rows(count: int = 1500) -> str:
    """A table with a number, a word and a target that hangs on both; fields are separated by semicolons."""
    chance = random.Random(1)
    lines = ["age;plan;left"]
    for _ in range(count):
        age, plan = chance.randint(18, 80), chance.choice(["basic", "full"])
        lines.append(f"{age};{plan};{'yes' if (age > 50) == (plan == 'full') else 'no'}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def guest(tmp_path: Path) -> Path:
    """A repository of somebody else's."""
    root = tmp_path / "Our Customers"
    for path, text in (THEIRS | {"data/customers.csv": rows()}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    git.git("init", "--quiet", "--initial-branch=main", ".", root=root)
    commit_all(root, "Ours")
    return root


@pytest.fixture
def init(guest: Path, say: Callable[..., str]) -> Callable[..., str]:
    """Type the verb for the guest; answers what it prints as one line, after its exit code where that is an error."""

    def type_(*arguments: str, folder: Path = guest) -> str:
        return " ".join(say("init", str(folder), *arguments).split())

    return type_


Init = Callable[..., str]


def contents(root: Path) -> dict[str, bytes]:
    """All files of a repository, git's own aside."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def shell(root: Path, command: str) -> str:
    """What a user's shell prints for a line, in the environment that mainline.mk has made, and in no other."""
    hidden = ("VIRTUAL_ENV", "PYTHON", "MAKE")
    env = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    env["PATH"] = os.pathsep.join([str(root / ".mainline/venv/bin"), env["PATH"]])
    done = subprocess.run(["bash", "-c", command], cwd=root, env=env, capture_output=True, text=True, check=False)
    return (f"{done.returncode} " if done.returncode else "") + done.stdout + done.stderr


def wheels(root: Path) -> tuple[Path, Path]:
    """The line's, and that of the stages and the service."""
    stages, line = sorted((root / "vendor").iterdir(), key=lambda path: path.name.startswith("mainline-"))
    return line, stages


def test_without_a_yes_a_plan_is_shown_and_nothing_written(guest: Path, init: Init) -> None:
    """What was read is there with its place, what could not be read as well, and each group of files."""
    before = contents(guest)
    said = init()
    for each in (
        "table data/customers.csv 3 columns",
        "target left src/train.py, line 8",
        "estimator sklearn.tree.DecisionTreeClassifier src/train.py, line 9",
        "parameters max_depth=4, random_state=3",
        "src/train.py: min_samples_leaf=len('xx') is no plain value",
        "src/pipeline",
        "vendor 2",
        "mainline.mk 1",
        "None of your files is changed: not README.md, .gitignore, pyproject.toml, Makefile, src, tests, nor any",
        "Nothing was written; `mainline init --yes` adds them.",
    ):
        assert each in said, each
    assert init("--dry-run", "--yes") == said
    assert contents(guest) == before
    assert git.dirty(guest) == []


ASK = """
from pathlib import Path
from mainline.package import serving
from mainline.package import alike, bento
from mainline.package.pinned import Pinned
from mainline.project import Project
pinned = Pinned.at_head(Project.here())
with serving.serving(bento.build(pinned.project), Path(".mainline/log")) as address:
    said = serving.predict(address, alike.questions(pinned))
print(len(said), "answers,", alike.differing(said, alike.answers(pinned)), "differ")
"""


def test_the_line_works_beside_their_files(guest: Path, init: Init, tmp_path: Path) -> None:
    """From init to a Bento that answers, by two wheels and the packages that are pinned; of theirs no byte changes.

    Their trees are LightGBM's, a package that the line does not bring.
    """
    (guest / "src/train.py").write_text(BOOSTED)
    commit_all(guest, "Ours, boosted")
    before = contents(guest)
    said = init("--yes")
    assert "git switch -c delivery" in said
    assert "mainline add lightgbm" in said
    git.git("switch", "--quiet", "--create", "delivery", root=guest)
    assert not shell(guest, "make --file=mainline.mk setup").startswith("2 ")
    assert "lightgbm" in shell(guest, "mainline add lightgbm")
    version = wheels(guest)[0].name.split("-")[1]
    assert shell(guest, "mainline --version") == f"mainline, version {version}\n"
    where = shell(guest, "python -c 'import pipeline, service; print(pipeline.__file__, service.__file__)'")
    assert where.count(f"{guest}/.mainline/venv/lib/") == 2

    assert "✓ rebuilt" in shell(guest, "mainline lock")
    assert {path: (guest / path).read_bytes() for path in before} == before
    assert {state[:2] for state in git.git("status", "--porcelain", root=guest).splitlines()} == {"??"}
    signature = (guest / "models/signature.json").read_text()
    assert '"no"' in signature
    assert "lightgbm.LGBMClassifier" in signature
    assert len(pd.read_parquet(guest / "data/raw.parquet")) == 1500
    commit_all(guest, "The line, and its first champion")
    assert "✓ PASS" in shell(guest, "mainline gate --base main")

    assert shell(guest, "mainline package")[0] not in "12"
    (bento,) = (guest / ".mainline/bentoml/bentos/our-customers").glob("*-*")
    for path in ("pipeline/model/saving.py", "service/page/page.html"):
        with zipfile.ZipFile(wheels(guest)[1]) as wheel:
            assert (bento / "src" / path).read_bytes() == wheel.read(path)
    assert re.fullmatch(r"2\d\d answers, 0 differ\n", shell(guest, f"python -c '{ASK}'"))
    scored = shell(guest, "printf 'age;plan\\n60;full\\n' >.mainline/a.csv && mainline score .mainline/{a,b}.csv")
    assert "score: 1 rows" in scored

    (guest / "data/customers.csv").write_text(rows(1520))
    assert re.match(r"2 .*ingest \(data/customers\.csv modified\)", shell(guest, "mainline lock --check"))
    git.git("init", "--quiet", "--template=", str(tmp_path / "other"), root=tmp_path)
    said = shell(guest, f"mainline init {tmp_path / 'other'}")
    assert said.startswith("2 ✗ this `mainline` is installed: it runs from no checkout of Mainline")
    assert "--from FOLDER, or --from URL" in said


@pytest.mark.parametrize("own", [True, False])
def test_few_files_are_added(guest: Path, init: Init, own: bool) -> None:
    """Whether they have files by the same purpose or not; neither the line's code nor the stages' is among them."""
    if not own:
        (guest / ".gitignore").unlink()
    else:
        (guest / ".gitattributes").write_text("*.bin binary\n")
    commit_all(guest, "As it is")
    before = contents(guest)
    init("--yes")
    added = sorted(set(contents(guest)) - set(before))
    assert len(added) <= 42
    assert [path for path in added if path.endswith(".py")] == []
    assert [path.split("-")[0] for path in added if path.startswith("vendor/")] == [
        "vendor/mainline",
        "vendor/mainline_stages",
    ]
    stages = YAML(typ="safe").load(guest / "dvc.yaml")["stages"]
    assert {name for name, stage in stages.items() if "requirements/stages.txt" in stage["deps"]} == set(stages)
    assert "src/" not in (guest / "dvc.yaml").read_text()


def test_the_wheels_are_pinned_and_hold_what_they_should(guest: Path, init: Init, tmp_path: Path) -> None:
    """Each by its hash in a file of its own; made again they are the same, of other stages or needs another."""
    init("--yes")
    for path, pins in zip(wheels(guest), ("line.txt", "stages.txt"), strict=True):
        pinned = f"./vendor/{path.name} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        assert (guest / "requirements" / pins).read_text() == pinned
    with zipfile.ZipFile(wheels(guest)[1]) as wheel:
        inside = {name.split("/")[0] for name in wheel.namelist()}
        assert inside == {"pipeline", "service", f"mainline_stages-{wheels(guest)[1].name.split('-')[1]}.dist-info"}
        assert wheel.namelist()[:-3] == sorted(wheel.namelist()[:-3])  # whatever order a disk lists them in
        assert wheel.read("service/page/page.html") == (TOP / "src/service/page/page.html").read_bytes()
    copy = tmp_path / "copy"
    for name in ("src", "line/wheel.py", "pyproject.toml"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (TOP / name).is_dir() else shutil.copy)(TOP / name, copy / name)
    build = [sys.executable, copy / "line/wheel.py", tmp_path / "out", "stages"]

    def built() -> Path:
        return Path(subprocess.run(build, capture_output=True, text=True, check=True).stdout.strip())

    said = (copy / "pyproject.toml").read_text()
    (copy / "pyproject.toml").write_text(said + "\n[tool.mine]\n")
    again = built()
    assert (again.name, again.read_bytes()) == (wheels(guest)[1].name, wheels(guest)[1].read_bytes())
    (copy / "pyproject.toml").write_text(said.replace('"skops', '"mine",\n    "skops'))
    other = built()
    (copy / "src/pipeline/stages/split.py").write_text("")
    assert len({built().name, other.name, again.name}) == 3


def test_the_code_can_be_made_theirs(guest: Path, init: Init, tmp_path: Path) -> None:
    """By the two commands of docs/the-line.md: what was in the wheel is in src/, and is what DVC looks at."""
    init("--yes")
    wheel = Path(shutil.copy(wheels(guest)[1], tmp_path))
    page = (TOP / "docs/the-line.md").read_text()
    (commands,) = (block for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) if "zipfile" in block)
    assert "2 " not in shell(guest, f"set -e; {commands.replace('make --file=mainline.mk setup', 'true')}")
    with zipfile.ZipFile(wheel) as archive:
        packed = {f"src/{name}": archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}
    now = contents(guest)
    assert {path: now.get(path) for path in packed} == packed
    assert [path for path in now if "mainline_stages" in path or path == "requirements/stages.txt"] == []
    stages = YAML(typ="safe").load(guest / "dvc.yaml")["stages"]
    assert {name for name, stage in stages.items() if "src/pipeline" in stage["deps"]} == set(stages)
    assert "requirements/stages.txt" not in (guest / "dvc.yaml").read_text()
    assert git.git("check-ignore", "--no-index", "src/pipeline/a.py", root=guest, check=False) == ""


def test_what_their_gitignore_hides_is_added_all_the_same(guest: Path, init: Init) -> None:
    """The commands that are shown leave no file of the line's behind."""
    (guest / ".gitignore").write_text("vendor/\n*.jsonl\n")
    commit_all(guest, "Hide it")
    assert re.search(r"git add --force vendor/mainline-\S+ vendor/mainline_stages-\S+ git add --all", init("--yes"))


def test_their_names_and_choices_are_filled_in(guest: Path, init: Init) -> None:
    """Settings speak of their table and model, and nothing of the example is left in them."""
    (guest / "data/customers.csv").write_text(rows(600))
    commit_all(guest, "Fewer customers")
    init("--yes", "--target", "plan")
    params = YAML(typ="safe").load(guest / "params.yaml")
    assert params["data"] == {"source": "data/customers.csv", "target": "plan", "separator": ";"}
    assert params["train"] == {
        "estimator": "sklearn.tree.DecisionTreeClassifier",
        "params": {"max_depth": 4, "random_state": 3},
        "seed": 0,
    }
    assert params["validate"] == {"rules": {}}
    assert (params["clean"], params["labels"]) == ({}, {})  # without which DVC refuses the stages that read them
    assert set(params["card"].values()) == {""}
    assert "# decisions" in (guest / "params.yaml").read_text()
    assert params["gate"]["life"] == 8  # for about 210 sealed rows
    page = (guest / "docs/params.md").read_text()
    assert "| `gate.max_mde` |" in page
    assert re.findall(r"\]\((?!http)", page) == []  # the other pages are not here
    assert "name: our-customers\n" in (guest / "bentofile.yaml").read_text()
    assert YAML(typ="safe").load(guest / "dvc.yaml")["stages"]["ingest"]["deps"][0] == "data/customers.csv"
    assert (guest / ".ci/protect").stat().st_mode & 0o100
    dependencies = (guest / "requirements/mainline.in").read_text().splitlines()
    assert any(each.startswith("scikit-learn") for each in dependencies)
    assert (guest / "requirements/mainline.txt").read_bytes() == (TOP / "requirements/dev.txt").read_bytes()


def test_what_their_gitignore_lacks_is_kept_beside_it(guest: Path, init: Init) -> None:
    """This clone ignores it already; the command that is shown puts it where everybody has it."""
    command = "cat mainline.gitignore >> .gitignore && rm mainline.gitignore"
    assert command in init("--yes")
    lines = (guest / "mainline.gitignore").read_text().splitlines()
    assert "/predictions/" in lines
    assert "/plots/" not in lines
    assert git.git("check-ignore", "metrics/dev.json", root=guest)
    (guest / ".git/info/exclude").unlink()
    subprocess.run(command, shell=True, cwd=guest, check=True)
    assert git.git("check-ignore", "metrics/dev.json", "plots/x", "model.joblib", root=guest).count("\n") == 2


def test_what_github_reads_is_right_there_too(guest: Path, init: Init) -> None:
    """The workflows pass the checkers, run no test of ours, and call tasks that mainline.mk has."""
    init("--yes")
    shutil.copy2(TOP / ".github/zizmor.yml", guest / ".github")
    (guest / ".github/workflows/tests.yml").unlink()
    done = subprocess.run([TOP / ".ci/workflows", guest], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    jobs = YAML(typ="safe").load(guest / ".github/workflows/verify.yml")["jobs"]
    assert list(jobs) == ["challenger", "relock", "gate", "report", "verify"]
    assert jobs["verify"]["needs"] == ["challenger", "relock", "gate", "report"]
    assert "test" not in re.split(r"\W+", str(jobs["verify"]["steps"]))
    listed = subprocess.run(["make", "--file=mainline.mk"], cwd=guest, capture_output=True, check=True).stdout
    tasks = set(re.findall(rb"make --file=mainline\.mk ([a-z]+)", listed))
    called = {
        task
        for path, content in contents(guest).items()
        for task in re.findall(rb"make --file=mainline\.mk ([a-z]+)", content)
        if not path.startswith("vendor/")
    }
    assert {b"setup", b"remote"} <= called <= tasks


def test_a_second_time_it_is_there(guest: Path, init: Init) -> None:
    """Committed or not, nothing is added again."""
    init("--yes")
    before = contents(guest)
    for message in ("The line", None):
        assert re.match(r"✓ \S+.* the line is here already", init("--yes"))
        assert contents(guest) == before
        if message:
            commit_all(guest, message)


SECOND = "from sklearn.svm import SVC\nSVC()\n"


@pytest.mark.parametrize(
    ("changed", "arguments", "said"),
    [
        (
            {"src/train.py": None},
            [],
            "no training script here: no classifier or regressor of scikit-learn, XGBoost, LightGBM or CatBoost",
        ),
        ({"src/train.py": "print(1)\n"}, ["--script", "src/train.py"], "src/train.py: no classifier or regressor"),
        ({}, ["--script", "no.py"], "--script no.py: cannot be read (No such file or directory)"),
        ({"src/a.py": SECOND, "src/train.py": SECOND, "src/train2.py": SECOND}, [], "--script: which one trains"),
        ({"data/customers.csv": None, "tests/rows.csv": None}, [], "no table here: no .csv, .tsv or .parquet"),
        ({"data/customers.csv": None, "other.tsv": "a\tb\n"}, [], "--table: which one is the model made from?"),
        ({}, ["--table", "none.csv"], "none.csv: no such file here"),
        ({"one.csv": "a\n1\n"}, ["--table", "one.csv"], "one.csv: one column only"),
        ({}, ["--target", "Left"], "--target: data/customers.csv has no column 'Left'; did you mean 'left'?"),
        ({"src/train.py": TRAIN.replace("y =", "what =")}, [], "--target: which column of data/customers.csv"),
        ({"dvc.yaml": "stages: {}\n"}, [], "dvc.yaml: in the way of the line's own"),
        ({"src/pipeline/mine.py": ""}, [], "src/pipeline: in the way"),
        ({"service.py": ""}, [], "service.py: in the way"),
        ({"predictions": "a file"}, [], "predictions: in the way"),
        ({"models/card.md": "mine"}, [], "models/card.md: in the way"),
        ({"params.yaml": "a: 1\n", "deploy": "a file"}, [], "deploy (and 1 more): in the way"),
        ({}, ["--from", "nowhere"], "--from nowhere:"),
    ],
)
def test_what_is_in_the_way_is_one_line_and_nothing_is_written(
    changed: dict[str, str | None], arguments: list[str], said: str, guest: Path, init: Init
) -> None:
    """No script, no table, several of them, a name that is taken: what, and which option or step helps."""
    for path, text in changed.items():
        (guest / path).parent.mkdir(parents=True, exist_ok=True)
        (guest / path).unlink() if text is None else (guest / path).write_text(text)
    if changed:
        commit_all(guest, "Otherwise")
    before = contents(guest)
    printed = init("--yes", *arguments)
    assert re.match(r"2 (! .*)?✗ ", printed)
    assert f"✗ {said}" in printed
    assert printed.count("✗") == 1
    assert contents(guest) == before


def test_a_dirty_tree_or_no_repository_is_refused(guest: Path, init: Init, tmp_path: Path) -> None:
    """Uncommitted work is named; a folder that git does not know, too."""
    (guest / "notes.txt").touch()
    refusal = "2 ✗ notes.txt: not committed; commit or stash it, so that git tells your files from the line's"
    assert init("--yes") == refusal
    bare = tmp_path / "bare"
    bare.mkdir()
    assert (
        init("--yes", folder=bare) == f"1 ✗ {bare}: not in a git repository; run `git init`, and commit what is there"
    )
    assert list(bare.iterdir()) == []


def test_a_disk_that_refuses_leaves_nothing_behind(guest: Path, init: Init, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one file cannot be written, those before it go again, with their folders."""
    before, folders = contents(guest), {path for path in guest.rglob("*") if path.is_dir()}
    real = Path.open

    def full(path: Path, *arguments: object, **more: object) -> object:
        if path.name == "stages.txt" and guest in path.parents:
            raise OSError(28, "No space left on device")
        return real(path, *arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", full)
    said = init("--yes")
    monkeypatch.undo()
    assert said.startswith("1 ")
    assert "stages.txt: cannot be written (No space left on device); nothing was added" in said
    assert contents(guest) == before
    assert {path for path in guest.rglob("*") if path.is_dir() and ".git" not in path.parts} == {
        path for path in folders if ".git" not in path.parts
    }


def test_a_table_under_dvc_on_another_branch_and_from_another_checkout(guest: Path, init: Init, tmp_path: Path) -> None:
    """A Parquet file that DVC keeps is found, master will do for main, and a table that nobody keeps is said."""
    (guest / "data/customers.csv").unlink()
    pd.DataFrame({"age": [1, 2], "target": [0.5, 1.5]}).to_parquet(guest / "data/customers.parquet")
    (guest / "data/customers.parquet.dvc").write_text("outs:\n- path: customers.parquet\n  md5: 0\n")
    (guest / "data/.gitignore").write_text("/customers.parquet\n")
    (guest / "tests/rows.csv").unlink()
    (guest / "src/train.py").write_text("from sklearn.linear_model import Ridge\n\nRidge(2)\n")
    commit_all(guest, "Under DVC")
    git.git("branch", "--move", "master", root=guest)
    said = init("--dry-run", "--from", f"file://{TOP}")
    assert "table data/customers.parquet 2 columns" in said
    assert "target target by its name" in said
    assert "alpha=2" in said
    assert "git branch --move" not in said
    assert "keeps it" not in said
    shutil.copy2(guest / "data/customers.parquet", guest / "data/loose.parquet")
    (guest / ".git/info/exclude").write_text("loose.parquet\n")
    said = init("--table", "data/loose.parquet")
    assert "data/loose.parquet: neither git nor DVC keeps it; others get it with `dvc add` and `dvc push`" in said
    assert init("--yes", "--from", str(tmp_path)).startswith(f"2 ✗ --from {tmp_path}: no checkout of Mainline")
    checkout = tmp_path / "older"
    git.git("clone", "--quiet", "--depth", "1", f"file://{TOP}", str(checkout), root=tmp_path)
    (checkout / "line/wheel.py").write_text("raise SystemExit('knows no stages')\n")
    said = init("--table", "data/loose.parquet", "--from", str(checkout))
    assert re.match(rf"2 (! .*)?✗ {checkout}: its wheels cannot be built \(.*knows no stages\)", said)


@pytest.mark.parametrize(("answer", "added"), [(b"y\n", True), (b"\n", False)])
def test_on_a_terminal_it_asks(answer: bytes, added: bool, guest: Path) -> None:
    """Only a yes writes."""
    keyboard, terminal = os.openpty()
    os.write(keyboard, answer)
    done = subprocess.run(
        [sys.executable, "-m", "mainline", "init"],
        cwd=guest,
        env={**os.environ, "PYTHONPATH": str(TOP / "line/src")},
        stdin=terminal,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Add them? [y/N]" in done.stdout
    assert done.returncode == 0
    assert (guest / "mainline.mk").exists() == added
    assert ("Nothing was written" in done.stdout) != added


def test_the_store_of_a_checkout_does_not_come_along(guest: Path, init: Init, tmp_path: Path) -> None:
    """From a project that has a DVC remote of its own come its files, and not the way to its data."""
    checkout = tmp_path / "theirs"
    git.git("clone", "--quiet", "--depth", "1", f"file://{TOP}", str(checkout), root=tmp_path)
    with (checkout / ".dvc/config").open("a") as stream:
        stream.write("    remote = store\n['remote \"store\"']\n    url = s3://somebody/else\n")
    (checkout / "src/service/extra.py").write_text('"""A module of theirs."""\n')
    git.git("add", "src/service/extra.py", root=checkout)
    init("--yes", "--from", str(checkout))
    with zipfile.ZipFile(wheels(guest)[1]) as wheel:
        assert "service/extra.py" in wheel.namelist()
    assert (guest / ".dvc/config").read_text() == "[core]\n    analytics = false\n    autostage = false\n"


@pytest.mark.parametrize("theirs", [None, "*.whl filter=lfs\n"])
def test_line_ends_are_settled_for_the_lines_files_alone(guest: Path, init: Init, theirs: str | None) -> None:
    """In a .gitattributes where there is none; else beside it, with the one command that adds it."""
    command = "cat mainline.gitattributes >> .gitattributes && rm mainline.gitattributes"
    if theirs:
        (guest / ".gitattributes").write_text(theirs)
        commit_all(guest, "Attributes of their own")
    assert (command in init("--yes")) == bool(theirs)
    if theirs:
        assert (guest / ".gitattributes").read_text() == theirs
        subprocess.run(command, shell=True, cwd=guest, check=True)
    asked = ("dvc.lock", "requirements/stages.txt", "README.md", "data/customers.csv", "vendor/mainline-1.whl")
    filtered = git.git("check-attr", "filter", "--", asked[-1], root=guest)
    assert filtered.split(": ")[-1] == "unset"  # what Git LFS leaves in a wheel's place is not what is pinned
    said = git.git("check-attr", "eol", "text", "--", *asked, root=guest).splitlines()
    ends = dict.fromkeys(asked[:2], "lf") | dict.fromkeys(asked[2:], "unspecified")
    assert said[::2] == [f"{name}: eol: {end}" for name, end in ends.items()]
    assert said[5::2] == [
        "README.md: text: unspecified",
        "data/customers.csv: text: unset",
        "vendor/mainline-1.whl: text: unset",
    ]
