"""Scoring folders: each file as by itself, whole or not there, on one machine or on the workers of a cluster."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import pipeline
from mainline.tools import ports
from pipeline.errors import PipelineError
from service.score import command, workers, writers
from tests.service.conftest import digits, people

pytestmark = pytest.mark.slow
SHARED = ["a.parquet", "b.csv", "deep/c.parquet"]


def parts(folder: Path, names: list[str] = SHARED) -> None:
    """A file of people's rows under each name."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        frame = people().drop(columns="label")
        frame.to_csv(folder / name, index=False) if ".csv" in name else frame.to_parquet(folder / name)


def manifest(folder: Path) -> dict[str, Any]:
    """What a folder of answers says of itself."""
    said: dict[str, Any] = json.loads((folder / "_manifest.json").read_text())
    return said


@pytest.fixture
def models(folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """In a folder with three files to score: the option that names the model."""
    monkeypatch.chdir(tmp_path)
    parts(Path("in"))
    return f"--models={folders['people']}"


def test_each_file_is_answered_as_by_itself(models: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same bytes as the file alone gives, in a file of the same name; what begins with _ or . is no part."""
    Path("in/_SUCCESS").touch()
    assert command.main(["in", "out", models]) == 0
    for name in SHARED:
        assert command.main([f"in/{name}", f"alone{Path(name).suffix}", models, "--overwrite"]) == 0
        assert Path("out", name).read_bytes() == Path(f"alone{Path(name).suffix}").read_bytes()
    said = manifest(Path("out"))
    assert (said["rows"], said["parts"], said["failed"], list(said["done"])) == (720, 3, {}, SHARED)
    assert not [*Path("out").rglob("*partial*")]
    assert re.match(r"score: 3 of 3 parts are there; 720 rows in .* rows/s -> out\n", capsys.readouterr().out)


def test_parts_that_are_there_are_done(models: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same command does only what is missing, or answers a file that changed since."""
    command.main(["in", "out", models])
    before = {name: Path("out", name).stat().st_mtime_ns for name in SHARED}
    Path("out/b.csv").unlink()
    people(100).drop(columns="label").to_parquet("in/a.parquet")
    assert command.main(["in", "out", models]) == 0
    assert Path("out/deep/c.parquet").stat().st_mtime_ns == before["deep/c.parquet"]
    assert len(pd.read_parquet("out/a.parquet")) == 100
    assert "score: 1 of 3 parts are there\n" in capsys.readouterr().err
    assert manifest(Path("out"))["rows"] == 580


def test_a_part_that_fails_is_told_and_the_others_are_there(models: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line and 1 at the end; no answers stay of what cannot be read any more; mended, it alone is done."""
    command.main(["in", "out", models])
    Path("in/a.parquet").write_bytes(b"PAR1")
    Path("in/notes.txt").touch()
    capsys.readouterr()
    assert command.main(["in", "out", models]) == 1
    said = capsys.readouterr().err
    assert "in/a.parquet: cannot be read" in said
    assert "score: 2 parts failed, as out/_manifest.json says; the same command tries these again\n" in said
    assert list(manifest(Path("out"))["failed"]) == ["a.parquet", "notes.txt"]
    assert sorted(path.name for path in Path("out").iterdir()) == ["_manifest.json", "b.csv", "deep"]
    Path("in/notes.txt").unlink()
    parts(Path("in"), ["a.parquet"])
    assert command.main(["in", "out", models]) == 0
    assert manifest(Path("out"))["failed"] == {}


def test_shards_share_a_folder_out(models: str) -> None:
    """Each does its own parts and has a manifest of its own; a run of all takes over what is there."""
    assert command.main(["in", "out", models, "--shard=0/2"]) == 0
    assert command.main(["in", "out", models, "--shard=1/2"]) == 0
    assert [sorted(json.loads(path.read_text())["done"]) for path in sorted(Path("out").glob("_manifest-*"))] == [
        ["a.parquet", "deep/c.parquet"],
        ["b.csv"],
    ]
    shutil.rmtree("in/deep")
    assert command.main(["in", "out", models]) == 0
    assert manifest(Path("out"))["parts"] == 2


REFUSED = {
    "no answers of ours": (["in", "in2"], r"in2: holds 'a.parquet', and no _manifest.json; .*"),
    "within": (["in", "in/out"], "in/out: lies within in, or around it; name a folder beside it"),
    "a file": (["in", "file.csv"], "file.csv: a file, and in is a folder; name a folder"),
    "nothing in it": (["none", "out"], "none: holds no files to score"),
    "no parent": (["in", "a/b/out"], r"a/b/out: cannot be made \(No such file or directory\); is its parent there\?"),
    "a shard": (["in", "out", "--shard=2/2"], r"--shard: '2/2' is not NUMBER/COUNT, .*"),
    "a shard of a file": (["in/b.csv", "o.csv", "--shard=0/2"], "--shard: is for a folder of files, and .* is none"),
    "into a store": (["in", "--to=sqlite:a.db", "--shard=0/2"], "--to: a store takes the answers alone; .*"),
    "no address": (["in", "out", "--scheduler=here"], r"--scheduler: must be tcp://HOST:PORT or .* \(got 'here'\)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_costs_one_line(case: str, models: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with what to do; nothing is written."""
    parts(Path("in2"))
    Path("none").mkdir()
    Path("file.csv").touch()
    arguments, said = REFUSED[case]
    assert command.main([*arguments, models]) in (1, 2)
    assert re.fullmatch(f"score: {said}\n", capsys.readouterr().err)
    assert not [*Path().glob("out/*.*")][1:]


def test_answers_of_other_options_are_not_mixed(models: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder holds the answers of one model and one set of options; --overwrite makes it those of another."""
    command.main(["in", "out", models])
    assert command.main(["in", "out", models, "--keep=age"]) == 2
    assert "out: its answers are with keep: [], and now it is ['age']; --overwrite" in capsys.readouterr().err
    assert command.main(["in", "out", models, "--keep=age", "--overwrite"]) == 0
    assert "age" in pd.read_parquet("out/a.parquet")


def test_a_full_disk_costs_a_line(models: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The part fails as the file alone does, and is no traceback."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writers.Text, "write", full)
    assert command.main(["in", "out", models]) == 1
    assert "the disk is full" in manifest(Path("out"))["failed"]["b.csv"]


@dataclass
class Cluster:
    """Dask's scheduler, and workers of some copies of a project."""

    address: str
    folder: Path
    workers: dict[str, subprocess.Popen[bytes]]

    def start(self, name: str, project: Path) -> None:
        """Start a worker with a project's code and model."""
        words = ["worker", self.address, "--nthreads=1", "--no-nanny", "--no-dashboard", f"--name={name}"]
        self.workers[name] = self.run(project, "-m", "distributed.cli.dask_worker", *words[1:])

    def run(self, project: Path, *words: str) -> subprocess.Popen[bytes]:
        """Start Python."""
        env = os.environ | {"PYTHONPATH": str(project / "src"), "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            [sys.executable, "-P", *words], cwd=self.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )


def project(folder: Path, model: Path) -> Path:
    """A copy of the code with a model beside it."""
    shutil.copytree(Path(pipeline.__file__).parents[1], folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(model, folder / "models")
    return folder


@pytest.fixture(scope="module")
def two(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler with two workers, of one model."""
    folder = tmp_path_factory.mktemp("cluster")
    here, port = project(folder / "project", folders["digits"]), ports.free()
    made = Cluster(f"tcp://127.0.0.1:{port}", folder, {})
    words = ("-m", "distributed.cli.dask_scheduler", "--host=127.0.0.1", f"--port={port}", "--no-dashboard")
    scheduler = made.run(here, *words, "--dashboard-address=127.0.0.1:0")
    for name in ("one", "two"):
        made.start(name, here)
    yield made
    for process in (*made.workers.values(), scheduler):
        process.kill()
        process.communicate()


def test_a_cluster_answers_as_one_process_and_without_the_workers_that_die(two: Cluster) -> None:
    """One is killed on the way: all parts are there, to the byte, but a bad one; a worker of other code is refused."""
    names = [f"part-{number}.parquet" for number in range(6)]
    (two.folder / "in").mkdir()
    for name in names:
        pd.concat([digits()] * 100).to_parquet(two.folder / "in" / name)
    (two.folder / "in/bad.csv").write_text("x\n1\n")
    score = ("-m", "service.score", "in")
    assert two.run(two.folder / "project", *score, "alone").wait() == 1
    running = two.run(two.folder / "project", *score, "out", f"--scheduler={two.address}")
    while running.poll() is None and not [*two.folder.glob("out/part-*.parquet")]:
        time.sleep(0.01)
    two.workers["one"].send_signal(signal.SIGKILL)
    said = running.communicate()[1].decode()
    assert running.returncode == 1, said
    assert "column 'pixel_0_1' is missing" in said
    assert "score: 1 part failed" in said
    for name in names:
        assert (two.folder / "out" / name).read_bytes() == (two.folder / "alone" / name).read_bytes()
    assert manifest(two.folder / "out") == manifest(two.folder / "alone")

    shutil.copytree(two.folder / "project", two.folder / "other")
    (two.folder / "other/src/service/fixed.py").open("a").write("\n")
    two.start("three", two.folder / "other")
    refused = ""
    while "another model" not in refused:  # it takes a while to come up
        asked = two.run(two.folder / "project", *score, "out2", f"--scheduler={two.address}")
        refused = asked.communicate()[1].decode()
    assert re.fullmatch(r"score: --scheduler: .* worker .* has another model, code or libraries \(.*\); .*\n", refused)


def test_a_scheduler_that_is_not_there_costs_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its address, within seconds."""
    monkeypatch.setattr(workers, "SECONDS", 0.2)
    address = f"tcp://127.0.0.1:{ports.free()}"
    with pytest.raises(PipelineError, match=f"^--scheduler: {address} cannot be reached "):
        next(workers.answer({}, address, ""))


def test_without_dask_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As most projects do without it."""
    monkeypatch.setattr(workers, "LIBRARY", "nosuch")
    with pytest.raises(PipelineError, match=r"^--scheduler: needs the package nosuch: `mainline add nosuch`$"):
        next(workers.answer({}, "tcp://127.0.0.1:1", ""))


def test_the_manifests_are_of_the_image() -> None:
    """Its code is where they say, by digest; the Job has as many pods as the command has shards."""
    top = Path(__file__).parents[3]
    image = (top / "Dockerfile.j2").read_text()
    job = yaml.safe_load((top / "deploy/kubernetes/score-job.yaml").read_text())["spec"]
    dask = yaml.safe_load((top / "deploy/kubernetes/dask-cluster.yaml").read_text())["spec"]
    pods = [job["template"]["spec"], dask["scheduler"]["spec"], dask["worker"]["spec"]]
    for [container] in (pod["containers"] for pod in pods):
        assert re.search(r"@sha256:[0-9a-f]{64}$", container["image"])
        assert {"name": "PYTHONPATH", "value": "/bento/src"} in container["env"]
        assert "COPY . /bento\n" in image
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert "/tmp" in {each["mountPath"] for each in container["volumeMounts"]}
    shard = pods[0]["containers"][0]["command"][-1]
    assert shard == f"--shard=$(JOB_COMPLETION_INDEX)/{job['completions']}"
