"""The DVC remote: a small file is written there and deleted, for real."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mainline.doctor import remote
from mainline.doctor.checks import ANOTHER_REMOTE
from mainline.doctor.finding import FINE, NOT_ASKED, WARNING, WRONG, Finding
from mainline.project import Project
from mainline.tools import dvc, git

MINE, CLOUD = ("['remote \"mine\"']", "['remote \"cloud\"']")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An empty DVC project."""
    git.git("init", "--quiet", ".", root=tmp_path)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").touch()
    return tmp_path


def found(root: Path, *settings: str) -> Finding:
    """What is found where the configuration says so."""
    (root / ".dvc/config").write_text("\n".join(settings))
    (finding,) = remote.look(Project(root))
    return finding


def test_no_remote_is_told_with_what_it_means(tree: Path) -> None:
    """Without one nothing is wrong; it says where the files are then, and how to add one."""
    finding = found(tree)
    assert (finding.state, finding.said, finding.mend) == (NOT_ASKED, remote.NONE, remote.ADD)


def test_a_folder_that_takes_a_file_is_fine(tree: Path) -> None:
    """Nothing of the file is left there."""
    (tree / "store").mkdir()
    finding = found(tree, "[core]", "remote = mine", MINE, "url = ../store")
    assert (finding.state, finding.said) == (FINE, f"mine, {tree}/store: a file was written, read and deleted")
    assert list((tree / "store").iterdir()) == []


def test_a_folder_that_is_not_there_is_not_made(tree: Path) -> None:
    """It may be a disk that is not mounted: that is said, with the command that makes it."""
    finding = found(tree, "[core]", "remote = mine", MINE, "url = ../store")
    assert (finding.state, finding.mend) == (WARNING, f"mkdir -p '{tree}/store'")
    assert not (tree / "store").exists()


@pytest.mark.parametrize(
    ("settings", "said", "mend"),
    [
        (("[core]", "remote = mine", MINE, "url = ../file"), "takes no file", ANOTHER_REMOTE),
        ((MINE, "url = ../store"), "none is the default", "dvc remote default mine"),
    ],
    ids=["a file", "no default"],
)
def test_what_takes_no_file_is_wrong(settings: tuple[str, ...], said: str, mend: str, tree: Path) -> None:
    """What cannot be written to, and what `dvc push` would not find."""
    (tree / "file").touch()
    finding = found(tree, *settings)
    assert (finding.state, finding.mend) == (WRONG, mend)
    assert said in finding.said


def test_a_web_server_is_not_written_to(tree: Path) -> None:
    """Over HTTP nothing can be deleted again."""
    finding = found(tree, "[core]", "remote = mine", MINE, "url = http://127.0.0.1:9/store")
    assert finding.state == NOT_ASKED
    assert dvc.remotes(tree) == ["mine"]


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an S3 server with one bucket, `models`."""
    import boto3
    import s3fs
    from moto.server import ThreadedMotoServer

    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    httpx.post(f"http://{host}:{port}/moto-api/reset")  # all such servers of a process have the same buckets
    boto3.client("s3", endpoint_url=f"http://{host}:{port}").create_bucket(Bucket="models")
    yield f"http://{host}:{port}"
    server.stop()


@pytest.mark.slow
@pytest.mark.parametrize(("bucket", "state"), [("models", FINE), ("none", WRONG)])
def test_a_bucket_is_written_to(bucket: str, state: str, tree: Path, endpoint: str) -> None:
    """One that is there keeps nothing of the file; one that is not there is wrong, with S3's reason."""
    import boto3

    settings = (CLOUD, f"url = s3://{bucket}/line", f"endpointurl = {endpoint}")
    finding = found(tree, "[core]", "remote = cloud", *settings)
    assert finding.state == state
    assert finding.said.startswith(f"cloud, s3://{bucket}/line: ")
    assert ("bucket does not exist" in finding.said) == (state == WRONG)
    left = boto3.client("s3", endpoint_url=endpoint).list_objects_v2(Bucket="models")
    assert left["KeyCount"] == 0


def test_a_kind_that_needs_a_package_says_how_to_get_it(tree: Path) -> None:
    """Packages for other clouds are installed where they are wanted."""
    finding = found(tree, "[core]", "remote = mine", MINE, "url = gdrive://folder")
    assert (finding.state, finding.mend) == (WRONG, "make remote")
    assert "dvc-gdrive" in finding.said
