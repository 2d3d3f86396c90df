"""`mainline lock --prove`: a model comes from what its stage declares, and training has seen no hidden label."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from line.tests.projects import commit_all
from mainline.errors import ConfigError, Refused, StaleLock
from mainline.project import MODEL, Lock, Project
from mainline.prove import alone, chain, closed, loader, prove
from mainline.prove.forks import Forks
from mainline.prove.proof import Proof
from mainline.tools import dvc, git
from pipeline import warm

pytestmark = pytest.mark.slow

NO_BASE = Lock(None)
HEAD = "import os\nfrom pathlib import Path\n"
TABLES = "import pyarrow as pa, pyarrow.parquet as pq\n"
CODE = {
    "validate": TABLES + "pq.write_table(pq.read_table('data/raw.parquet'), 'data/valid.parquet')\n",
    "split": TABLES
    + """table = pq.read_table('data/valid.parquet')
pq.write_table(table.slice(0, 4), 'data/train.parquet')
pq.write_table(table.slice(4, 4), 'data/dev.parquet')
pq.write_table(table.slice(8).select(['row_id', 'y']), 'data/sealed/labels.parquet')
""",
    "train": "Path('models/model.skops').write_bytes(Path('data/train.parquet').read_bytes())\n",
    "predict": "Path('predictions/dev.parquet').write_bytes(Path('models/model.skops').read_bytes())\n",
}
READS = {
    "validate": ["data/raw.parquet"],
    "split": ["data/valid.parquet"],
    "train": ["data/train.parquet"],
    "predict": ["models/model.skops", "data/dev.parquet"],
}
WRITES = {
    "validate": ["data/valid.parquet"],
    "split": ["data/train.parquet", "data/dev.parquet", "data/sealed/labels.parquet"],
    "train": [MODEL],
    "predict": ["predictions/dev.parquet"],
}
LEAK = CODE["train"].replace("train.parquet", "valid.parquet")


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of five stages, built."""
    root = tmp_path_factory.mktemp("prove") / "project"
    git.git("init", "--quiet", "--initial-branch=main", str(root), root=root.parent)
    dvc.dvc("init", "--quiet", root=root)
    for folder in ("data/sealed", "models", "predictions", "src"):
        (root / folder).mkdir(parents=True)
    rows = {"row_id": [f"r{n}" for n in range(12)], "y": [n % 2 for n in range(12)]}
    pq.write_table(pa.table(rows), root / "source.parquet")
    (root / "params.yaml").write_text("data: {target: y}\n")
    (root / ".gitignore").write_text("/data\n/models\n/predictions\n/.mainline\n")
    lines = ["stages:", "  ingest: {cmd: cp source.parquet data/raw.parquet, deps: [source.parquet]"]
    lines[-1] += ", outs: [data/raw.parquet]}"
    for name, code in CODE.items():
        (root / f"src/{name}.py").write_text(HEAD + code)
        deps = [f"src/{name}.py", *READS[name]]
        lines.append(f"  {name}: {{cmd: python src/{name}.py, deps: {deps}, outs: {WRITES[name]}}}")
    (root / "dvc.yaml").write_text("\n".join(lines) + "\n")
    dvc.repro(root, quiet=True)
    commit_all(root, "Begin")
    return root


@pytest.fixture
def root(once: Path, tmp_path: Path) -> Path:
    """A copy of one's own."""
    return Path(shutil.copytree(once, tmp_path / "project", symlinks=True))


def made(root: Path, reads: dict[str, str] | None = None, **code: str) -> Project:
    """The project with other code in some stages, which may declare one thing more, built."""
    for name, text in code.items():
        (root / f"src/{name}.py").write_text(HEAD + text)
    for name, path in (reads or {}).items():
        text = (root / "dvc.yaml").read_text()
        (root / "dvc.yaml").write_text(text.replace(f"deps: ['src/{name}.py'", f"deps: ['src/{name}.py', '{path}'"))
    dvc.repro(root, quiet=True)
    return Project(root)


def built(project: Project, **more: Any) -> Proof:
    """Prove it, against no base."""
    return prove.prove(project, NO_BASE, more.pop("rebuild", "new"), **more)


def test_an_honest_model_is_proven(root: Path) -> None:
    """And nothing in the tree is changed by that; what is said names the model by its SHA-256."""
    before = git.git("status", "--porcelain", root=root)
    proof = built(Project(root))
    assert (proof.rebuilt, proof.closed, proof.run) == (True, closed.possible(), "")
    assert proof.text.startswith(f"{MODEL}: rebuilt by whoever typed this")
    assert f"SHA-256 {proof.sha256}" in proof.text
    assert git.git("status", "--porcelain", root=root) == before


def test_what_main_has_is_not_proven_again(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stages that make data and are as at the base run once, on the permuted table."""
    base = Project(root).lock
    proof = prove.prove(made(root, train=CODE["train"] + "# another\n"), base, "new")
    said = [line.strip() for line in capsys.readouterr().err.splitlines() if "alone" in line]
    assert [line.partition(",")[0] for line in said] == ["validate", "split", "train", "predict"]
    assert proof.rebuilt


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ({"train": LEAK}, "train fails with what it declares alone: .*valid.parquet"),
        ({"predict": CODE["predict"] + "open('data/raw.parquet')\n"}, "predict fails with what it declares alone"),
        (
            {"train": CODE["train"] + "open('src/split.py')\n"},
            "train fails with what it declares alone: .*src/split.py",
        ),
    ],
)
def test_what_a_stage_reads_and_does_not_declare_is_not_there(root: Path, code: dict[str, str], said: str) -> None:
    """Data as well as code; the line says which stage, what it missed, and what to do."""
    with pytest.raises(ConfigError, match=said) as error:
        built(made(root, **code))
    assert "list under deps in dvc.yaml what it reads" in str(error.value)
    assert "\n" not in str(error.value)


def test_no_whole_path_no_secret_and_no_network(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage that knows where the project lies finds no data there, nor a token, nor an address.

    (Where the machine takes neither from a process, that is what is said; this test asks for one that does.)
    """
    assert closed.possible()
    monkeypatch.setenv("GH_TOKEN", "secret")
    paths = [str(root / each) for each in ("data/valid.parquet", ".dvc/config", "src/split.py")]
    looks = f"""import socket
found = ['GH_TOKEN' in os.environ, len(socket.if_nameindex()) > 1, *map(os.path.exists, {paths})]
Path('models/model.skops').write_text(str(any(found)))
"""
    project = made(root, train=looks)
    stage = chain.stages(project.lock)["train"]
    alone.build(project, stage, root.parent / "box")
    assert (root.parent / "box" / MODEL).read_text() == "False"
    assert (root / "data/valid.parquet").exists()
    with pytest.raises(Refused, match=rf"train: built again, {MODEL} is another than dvc.lock pins"):
        built(project)


def test_sudo_does_where_nobody_else_may(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ubuntu from 24.04 on: the stage runs as the user, with the user's environment, all the same."""
    programs = root.parent / "bin"
    programs.mkdir()
    (programs / "sudo").write_text('#!/bin/sh\nshift; exec env -i PATH="$PATH" "$@"\n')
    (programs / "sudo").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.setattr(closed, "TRIES", (("false",), closed.BY_SUDO))
    closed._way.cache_clear()
    try:
        assert built(Project(root)).closed
        with pytest.raises(ConfigError, match="train fails with what it declares alone"):
            built(made(root, train=CODE["train"] + f"open({str(root / 'data/valid.parquet')!r})\n"))
    finally:
        closed._way.cache_clear()


PACKAGE = """import os, sys
os.environ["OMP_NUM_THREADS"] = "3"
os.environ["PYTHONSTARTUP"] = "code"
"""
RUNS = """import sys, json, os, socket, runpy
import json.decoder
from stages import common
told = {
    "stage": sys.argv[1], "parent": os.getppid(), "network": len(socket.if_nameindex()) > 1,
    "seen": [path for path in PATHS if os.path.exists(path)], "left": getattr(json.decoder, "left", None),
    "settings": open(f"/proc/{os.getppid()}/environ").read().split(chr(0)), "argv": sys.argv[1:], "here": os.getcwd(),
}
json.decoder.left = sys.argv[1]
with open(TOLD, "a") as stream:
    print(json.dumps(told), file=stream)
open(os.path.join(ROOT, "data", sys.argv[1]), "w")
runpy.run_path(f"src/{sys.argv[1]}.py")
"""


def packaged(root: Path, declares: str = "src/stages/common.py") -> Path:
    """Let the stages be `python -m stages NAME`, which can be forked; what a run tells of itself is a line of a file.

    Args:
        declares: what the stages list beside their own code.
    """
    told, package = root.parent / "told", root / "src/stages"
    package.mkdir()
    (package / "__init__.py").write_text(PACKAGE)
    (package / "common.py").touch()
    seen = [str(root / "data/valid.parquet"), *(str(root / "data" / name) for name in CODE)]
    names = f"PATHS, TOLD, ROOT = {seen!r}, {str(told)!r}, {str(root)!r}\n"
    (package / "__main__.py").write_text(names + RUNS)
    definition = (root / "dvc.yaml").read_text()
    for name in CODE:
        definition = definition.replace(f"python src/{name}.py", f"python -m stages {name}")
        definition = definition.replace(f"'src/{name}.py'", f"src/{name}.py, src/stages/__main__.py, {declares}")
    (root / "dvc.yaml").write_text(definition)
    dvc.repro(root, quiet=True, env={"PYTHONPATH": str(root / "src")})
    for name in ("../told", *(f"data/{name}" for name in CODE)):
        (root / name).unlink()
    return told


def lines(told: Path) -> list[dict[str, Any]]:
    """What each run has told of itself."""
    return [json.loads(line) for line in told.read_text().splitlines()]


def test_stages_are_forks_of_one_process_and_find_nothing_of_each_other(root: Path) -> None:
    """No network, nothing of the project, no file that another has put there, no trace of it in a library."""
    told = packaged(root)
    assert closed.possible()
    assert built(Project(root)).rebuilt
    found = lines(told)
    assert {each["stage"] for each in found} == set(CODE)
    assert len({each["parent"] for each in found}) == 1
    assert [(each["network"], each["seen"], each["left"]) for each in found] == [(False, [], None)] * len(found)
    assert all(each["argv"] == [each["stage"]] for each in found)
    assert len({each["here"] for each in found}) == len(found)
    assert not any((root / "data" / name).exists() for name in CODE)


def test_their_libraries_are_loaded_as_the_package_wants_them(root: Path) -> None:
    """As many threads as its __init__ says; what would load code is left out."""
    told = packaged(root)
    built(Project(root))
    for each in lines(told):
        assert "OMP_NUM_THREADS=3" in each["settings"]
        assert not any(one.startswith(("PYTHONSTARTUP", "PYTHONPATH", "HOME")) for one in each["settings"])


def test_what_a_fork_does_not_declare_it_does_not_find(root: Path) -> None:
    """A module, in the stage's own words; and its exit code is the stage's."""
    packaged(root)
    (root / "src/train.py").write_text(HEAD + "import sys; sys.exit('no rows, Error')\n")
    with pytest.raises(ConfigError, match=r"train fails with what it declares alone: no rows, Error;"):
        alone_with_forks(root, "train")
    (root / "src/train.py").write_text(HEAD + LEAK)
    with pytest.raises(ConfigError, match=r"train fails with what it declares alone: .*valid\.parquet"):
        alone_with_forks(root, "train")


def test_the_libraries_are_those_with_which_a_lock_builds() -> None:
    """Loaded before a stage begins, in both."""
    assert loader.LIBRARIES == warm.LOADED


def alone_with_forks(root: Path, name: str) -> None:
    """Run a stage."""
    with Forks() as forks:
        project = Project(root)
        alone.build(project, chain.stages(project.lock)[name], root.parent / "box", forks=forks)


MAY_NOTHING = ["unshare", "-r", "setpriv", "--bounding-set=-all", "--inh-caps=-all"]


@pytest.mark.parametrize("before", [None, MAY_NOTHING, ["false"]], ids=["sudo", "refused", "gone"])
def test_where_no_fork_can_be_shut_in_each_has_a_process_of_its_own(
    root: Path, monkeypatch: pytest.MonkeyPatch, before: list[str] | None
) -> None:
    """The proof is the same: such a stage is not begun in a fork."""
    told = packaged(root)
    monkeypatch.setattr(closed, "without_folders", lambda: before)
    assert built(Project(root)).rebuilt
    found = lines(told)
    assert {each["stage"] for each in found} == set(CODE)
    assert not any("OMP_NUM_THREADS=3" in each["settings"] for each in found)
    assert [(each["network"], each["seen"], each["left"]) for each in found] == [(False, [], None)] * len(found)


def test_where_nothing_shuts_a_process_in_that_is_said(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is found without is still refused; what is proven says what was not looked for."""
    monkeypatch.setattr(closed, "_way", lambda: None)
    proof = built(Project(root))
    assert "takes neither network nor folders from a process" in capsys.readouterr().err
    assert "where network and other files could not be taken from the stages" in proof.text
    with pytest.raises(ConfigError, match="train fails with what it declares alone"):
        built(made(root, train=LEAK))


def elsewhere(root: Path) -> Project:
    """The project with a model that its code did not make."""
    (root / MODEL).unlink()
    (root / MODEL).write_text("a better one")
    dvc.dvc("commit", "--quiet", "--force", "train", root=root)
    dvc.repro(root, quiet=True)
    return Project(root)


def test_a_model_that_was_made_elsewhere_is_refused(root: Path) -> None:
    """Its hash is in dvc.lock, and everything is current."""
    project = elsewhere(root)
    project.require_current()
    with pytest.raises(Refused, match=rf"train: built again, {MODEL} is another than dvc.lock pins"):
        built(project)


def test_where_other_bytes_count_they_are_what_is_pinned_afterwards(root: Path) -> None:
    """As in CI: the model that this code makes takes the place of the other, and all that follows is made from it."""
    honest = Project(root).lock.outputs

    def counts(project: Project) -> Project:
        return project.rebuilt(quiet=True)

    proof = built(elsewhere(root), counts=counts)
    after = Project(root)
    after.require_current()
    assert after.lock.outputs == honest
    assert proof == Proof.of(after, rebuilt=True, closed=proof.closed)
    unseeded = "Path('models/model.skops').write_bytes(os.urandom(9))\n"
    proof = built(made(root, train=unseeded), counts=counts)  # once: it is another each time
    assert proof == Proof.of(Project(root), rebuilt=True, closed=proof.closed)


ENCODED = CODE["split"] + (
    "first = table['y'].to_pylist()[8:12]\n"
    "train = table.slice(0, 4).append_column('near', pa.array(first))\n"
    "pq.write_table(train, 'data/train.parquet')\n"
)
NAMES = TABLES + "Path('models/model.skops').write_text(str(pq.read_table('data/train.parquet')['row_id']))\n"


@pytest.mark.parametrize(
    ("reads", "code", "said"),
    [
        (
            {},
            {"split": ENCODED},
            r"data/train\.parquet, which train reads, changes with the labels of sealed and dev rows",
        ),
        ({"train": "data/valid.parquet"}, {"train": LEAK}, r"data/valid\.parquet, which train reads, changes with the"),
        (
            {},
            {"predict": "Path('predictions/dev.parquet').write_bytes(Path('data/dev.parquet').read_bytes())\n"},
            r"data/dev\.parquet, which predict reads, changes with .* and so does predictions/dev\.parquet",
        ),
        ({"train": "source.parquet"}, {}, r"train reads source\.parquet, where the labels of all rows are"),
    ],
    ids=["target encoding", "declared", "answers", "source"],
)
def test_labels_of_hidden_rows_do_not_reach_a_model(
    root: Path, reads: dict[str, str], code: dict[str, str], said: str
) -> None:
    """By a column that is made of all labels, by all rows, or by the labels of the rows that are answered."""
    with pytest.raises(Refused, match=said):
        built(made(root, reads, **code))


def test_votes_on_hidden_rows_do_not_reach_a_model(root: Path) -> None:
    """What people say of them is permuted as the table is."""
    (root / "labels").mkdir()
    about = '"by": "anna", "at": "2026-01-01T00:00:00Z", "how": "blind"'
    votes = [f'{{"row": "r{n}", "label": {n % 2}, {about}}}\n' for n in range(12)]
    (root / "labels/anna.jsonl").write_text("".join(votes))
    reads = "Path('models/model.skops').write_text(Path('labels/anna.jsonl').read_text())\n"
    with pytest.raises(Refused, match=r"labels, which train reads, changes with the labels of sealed and dev rows"):
        built(made(root, {"train": "labels"}, train=reads))
    first = "Path('models/model.skops').write_text(str(Path('labels/anna.jsonl').read_text().splitlines()[:4]))\n"
    built(made(root, train=first))


def test_what_training_does_not_use_may_differ(root: Path) -> None:
    """Where the rows differ and the model does not, nothing was learnt from them; with `never` nobody can tell."""
    project = made(root, split=ENCODED, train=NAMES)
    built(project)
    with pytest.raises(Refused, match=r"gate\.rebuild: never cannot tell"):
        built(project, rebuild="never")


def test_with_never_training_only_starts(root: Path) -> None:
    """A model that takes a day is taken as pushed; that it reads what it does not declare is found all the same."""
    proof = built(elsewhere(root), rebuild="never")
    assert not proof.rebuilt
    assert f"{MODEL}: taken as pushed" in proof.text
    with pytest.raises(ConfigError, match="train fails on a tenth of its rows, with what it declares alone"):
        built(made(root, train=LEAK), rebuild="never")


def test_what_is_not_here_is_not_proven(root: Path) -> None:
    """A clone restores first; a tree that is another than dvc.lock pins is stale."""
    shutil.rmtree(root / "predictions")
    with pytest.raises(StaleLock):
        built(Project(root))
