"""`mainline lock --prove`: a model comes from what its stage declares, and training has seen no hidden label."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from line.tests.projects import commit_all
from mainline.errors import ConfigError, Refused, StaleLock
from mainline.project import MODEL, Lock, Project
from mainline.prove import alone, chain, closed, prove
from mainline.prove.proof import Proof
from mainline.tools import dvc, git

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
