"""Where the pinned files are: a real S3 API as DVC's remote, and remotes that cannot be used, each one line."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from line.tests.projects import commit_all
from mainline.errors import Refused, StaleLock, ToolFailed
from mainline.tools import dvc, git, storage

pytestmark = pytest.mark.slow

TOP = Path(__file__).parents[3]
STAGES = "stages:\n  train: {cmd: echo model >model, outs: [model]}\n"


@pytest.fixture
def bucket() -> Iterator[str]:
    """The address of a server that speaks S3, with a bucket called models."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    httpx.post(f"{address}/moto-api/reset")  # all such servers of a process have the same buckets
    boto3.client("s3", endpoint_url=address).create_bucket(Bucket="models")
    yield address
    server.stop()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one stage, built; its user may use an S3 store."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    root = tmp_path / "project"
    git.git("init", "--quiet", "--initial-branch=main", str(root), root=tmp_path)
    dvc.dvc("init", "--quiet", root=root)
    (root / "dvc.yaml").write_text(STAGES)
    dvc.repro(root, quiet=True)
    commit_all(root, "Build")
    return root


def use(root: Path, url: str, endpoint: str = "") -> None:
    """Have a remote."""
    dvc.dvc("remote", "add", "--default", "store", url, root=root)
    if endpoint:
        dvc.dvc("remote", "modify", "store", "endpointurl", endpoint, root=root)
    commit_all(root, "Use a remote")


def test_an_s3_store_is_a_remote(project: Path, bucket: str, tmp_path: Path) -> None:
    """What was pushed there is found in a fresh clone; what was not is known by name."""
    use(project, "s3://models/ours", bucket)
    assert storage.unshared(project) == ["model"]
    storage.push(project)
    assert storage.unshared(project) == []
    git.git("clone", "--quiet", str(project), str(tmp_path / "clone"), root=tmp_path)
    assert storage.materialise(tmp_path / "clone")
    assert (tmp_path / "clone/model").read_text() == "model\n"


@pytest.mark.parametrize(
    ("url", "endpoint", "said"),
    [
        ("s3://models/ours", "http://127.0.0.1:9", "cannot be used: Could not connect"),
        ("gs://models/ours", "", "requires 'dvc-gs' to be installed; run `make remote`"),
        ("azure://models/ours", "", "run `make remote`"),
        ("ssh://localhost/ours", "", "run `make remote`"),
    ],
)
def test_a_remote_that_cannot_be_used_is_one_line(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], url: str, endpoint: str, said: str
) -> None:
    """Whether files are sent, counted or fetched; a fetch warns, since what it misses can be built."""
    use(project, url, endpoint)
    for ask in (storage.push, storage.unshared):
        with pytest.raises(ToolFailed) as refused:
            ask(project)
        assert said in str(refused.value)
        assert "\n" not in str(refused.value)
    git.git("clone", "--quiet", str(project), str(tmp_path / "clone"), root=tmp_path)
    assert not storage.materialise(tmp_path / "clone")
    if not endpoint:
        assert "run `make remote`" in " ".join(capsys.readouterr().err.split())


def test_a_file_that_cannot_be_written_is_one_line(project: Path) -> None:
    """As on a full disk; nothing that is there is touched."""
    (project / "dvc.yaml").write_text(
        STAGES.replace("echo model >model", "mkdir -p deep && echo >deep/er").replace(
            "outs: [model]", "outs: [deep/er]"
        )
    )
    dvc.repro(project, quiet=True)
    shutil.rmtree(project / "deep")
    (project / "deep").write_text("somebody's\n")
    with pytest.raises(ToolFailed, match=r"^deep/er: cannot be brought from DVC's cache: Not a directory$"):
        storage.materialise(project)
    assert (project / "deep").read_text() == "somebody's\n"


def test_who_lacks_nothing_waits_for_nobody(project: Path) -> None:
    """While another command of DVC is at it: what is there is seen without its lock, what is missing is not."""
    with dvc.opened(project) as repo, repo.lock:
        assert storage.materialise(project)
        (project / "model").unlink()
        with pytest.raises(ToolFailed, match="lock"):
            storage.materialise(project)


def test_a_build_beside_a_remote_that_cannot_be_used_says_why(project: Path) -> None:
    """The cause, and none of DVC's closing words; nothing that was built is lost."""
    use(project, "s3://models/ours", "http://127.0.0.1:9")
    (project / "dvc.yaml").write_text(STAGES.replace("echo model", "echo other"))
    with pytest.raises(ToolFailed, match=r"^Could not connect to the endpoint URL"):
        dvc.repro(project, quiet=True)
    assert (project / "model").read_text() == "model\n"


def truncate(path: Path) -> None:
    """Leave a part of a file of the cache, as a power cut does: under its name, read-only."""
    path.chmod(0o644)
    os.truncate(path, 2)
    path.chmod(0o444)


def kept(root: Path, path: str = "model") -> Path:
    """Where the cache has what dvc.lock pins."""
    content = dvc.outputs((root / "dvc.lock").read_text())[path]
    return root / ".dvc/cache/files/md5" / content[:2] / content[2:]


def test_half_a_file_of_the_cache_is_not_the_pinned_one(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is dropped with a word, so that the file counts as missing, and is built or fetched."""
    (project / "model").unlink()
    truncate(kept(project))
    assert not storage.materialise(project)
    assert not (project / "model").exists()
    assert "its content is not that of its name; taken out of the cache" in " ".join(capsys.readouterr().err.split())
    assert not kept(project).exists()
    assert not storage.checkout(project)


def test_what_the_tree_has_whole_mends_the_cache_before_it_is_sent(project: Path, tmp_path: Path) -> None:
    """Others get what dvc.lock pins, not the half that lay in the cache."""
    use(project, str(tmp_path / "store"))
    truncate(kept(project))
    storage.push(project)
    git.git("clone", "--quiet", str(project), str(tmp_path / "clone"), root=tmp_path)
    assert storage.materialise(tmp_path / "clone")
    assert (tmp_path / "clone/model").read_text() == "model\n"


def test_half_a_file_of_a_remote_is_not_taken(project: Path, tmp_path: Path) -> None:
    """A folder as remote can be cut as the cache can."""
    use(project, str(tmp_path / "store"))
    storage.push(project)
    (sent,) = (tmp_path / "store").rglob(kept(project).name)
    truncate(sent)
    git.git("clone", "--quiet", str(project), str(tmp_path / "clone"), root=tmp_path)
    assert not storage.materialise(tmp_path / "clone")
    assert not (tmp_path / "clone/model").exists()


def test_half_a_file_that_dvc_has_taken_for_whole_is_seen_and_mended(project: Path) -> None:
    """`dvc checkout` copies it and notes its hash as right, so that `dvc status` is content: the content is not."""
    whole = kept(project).read_bytes()
    (project / "model").unlink()
    truncate(kept(project))
    dvc.dvc("checkout", "--quiet", root=project)
    assert (project / "model").stat().st_size == 2
    assert dvc.stale(project) == []
    with pytest.raises(StaleLock, match=r"model: its content is not the one that dvc\.lock pins.*outputs restore"):
        storage.require_whole(project)
    kept(project).chmod(0o644)
    kept(project).write_bytes(whole)
    assert storage.checkout(project)
    assert (project / "model").read_text() == "model\n"
    storage.require_whole(project)


def test_a_folder_whose_list_leads_out_of_it_is_not_checked_out(project: Path, tmp_path: Path) -> None:
    """DVC would write beside the project; one line, and nothing is written."""
    (project / "dvc.yaml").write_text(
        STAGES.replace("echo model >model", "mkdir -p d && echo x >d/x").replace("[model]", "[d]")
    )
    dvc.repro(project, quiet=True)
    shutil.rmtree(project / "d")
    old = kept(project, "d")
    text = old.read_text().replace('"relpath": "x"', '"relpath": "../../out"')
    content = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() + ".dir"
    place = old.parent.parent / content[:2] / content[2:]
    place.parent.mkdir(exist_ok=True)
    place.write_text(text)
    lock = project / "dvc.lock"
    lock.write_text(lock.read_text().replace(old.parent.name + old.name, content))
    for ask in (storage.materialise, storage.checkout):
        with pytest.raises(Refused, match="which is no file of the folder"):
            ask(project)
    assert not list(tmp_path.rglob("out"))


@pytest.mark.parametrize(
    ("url", "installs"),
    [("s3://a/b", False), ("/somewhere", False), ("gs://a/b", True), ("azure://a/b", True), ("ssh://a/b", True)],
)
def test_make_remote_installs_what_the_kind_of_remote_needs(tmp_path: Path, url: str, installs: bool) -> None:
    """CI's secret becomes the user's configuration, once, readable by nobody else; and it decides what is installed."""
    for name in ("home", "bin", "project/.ci"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "project/.ci/remote").write_bytes((TOP / ".ci/remote").read_bytes())
    git.git("init", "--quiet", str(tmp_path / "project"), root=tmp_path)
    dvc.dvc("init", "--quiet", root=tmp_path / "project")
    uv = tmp_path / "bin/uv"
    uv.write_text(f"#!/bin/sh\necho $@ >>{tmp_path}/installed\n")
    uv.chmod(0o755)
    text = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {url}\n"
    env = {"HOME": str(tmp_path / "home"), "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "DVC_CONFIG": text}
    command = ["bash", str(tmp_path / "project/.ci/remote")]
    assert subprocess.run(command, env=env, check=False).returncode == 0
    kept = tmp_path / "home/.config/dvc/config"
    assert (kept.read_text().strip(), kept.stat().st_mode & 0o077) == (text.strip(), 0)
    installed = tmp_path / "installed"
    assert ("requirements/remotes.txt" in (installed.read_text() if installed.exists() else "")) == installs
    again = subprocess.run(command, env={**env, "DVC_CONFIG": "other"}, capture_output=True, text=True, check=False)
    assert again.returncode != 0
    assert kept.read_text().strip() == text.strip()
