"""Where records are: folders, an agent's with its containers, S3, a web server, and what a running service writes."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from line.tests.monitor.profiles.recorded import ROW, labelled, predicted, text, write
from line.tests.service.serving import serving, until
from line.tests.stream.projects import HEAD, TODAY, project
from mainline.errors import ToolFailed
from mainline.host import state
from mainline.host.containers import Containers
from mainline.host.slots import Service
from mainline.stream import places
from mainline.stream.collect import collect
from tests.service.conftest import digits, folders, rows_of

__all__ = ["folders"]


def test_an_agents_folder_is_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What its slots have kept, and what its containers have, which an engine is asked for."""
    write(tmp_path / "host/slots/a/records", "a", predicted("a"), labelled("a"), first=HEAD)
    running = Service("b", "v1", "host:1", 1, "now", 1, 0.0, engine="docker")
    state.save(tmp_path / "host", state.Memory(services={"b": running.to_json()}))
    write(tmp_path / "volume", "b", predicted("b", [ROW | {"age": 3.0}]), labelled("b"), first=HEAD)
    asked = []

    def ask(engine: str, *words: str, **_: object) -> str:
        asked.append((engine, words[0]))
        return str(tmp_path / "volume")

    monkeypatch.setattr("mainline.host.containers.container.ask", ask)
    assert len(collect(project(tmp_path), [str(tmp_path / "host")], TODAY, wait=7).table) == 2
    assert asked == [("docker", "volume")]


def test_an_engine_that_says_no_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do by hand; the other records are taken."""
    write(tmp_path / "host/slots/a/records", "a", predicted("a"), labelled("a"), first=HEAD)
    running = Service("b", "v1", "host:1", 1, "now", 1, 0.0, engine="docker")
    state.save(tmp_path / "host", state.Memory(services={"b": running.to_json()}))

    def no(*_: object) -> None:
        raise ToolFailed("docker: away")

    monkeypatch.setattr(Containers, "records", no)
    assert len(collect(project(tmp_path), [str(tmp_path / "host")], TODAY, wait=7).table) == 1
    assert "by hand: docker cp mainline-b-1:/records FOLDER; mainline rows FOLDER" in capsys.readouterr().err


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """A client of a server that speaks S3, with a bucket called records; its user may use it."""
    import boto3
    from moto.server import ThreadedMotoServer

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    httpx.post(f"{address}/moto-api/reset")
    client = boto3.client("s3", endpoint_url=address)
    client.create_bucket(Bucket="records")
    yield client
    server.stop()


@pytest.mark.slow
def test_a_bucket_is_a_place(bucket: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At any depth; one that is empty holds none, and one that is not there is told in one line."""
    for name, lines in (("one", predicted("a")), ("two", labelled("a"))):
        bucket.put_object(Bucket="records", Key=f"host/{name}/records-{name}.jsonl", Body=text(HEAD, lines))  # type: ignore[attr-defined]
    bucket.put_object(Bucket="records", Key="host/notes.txt", Body=b"none")  # type: ignore[attr-defined]
    assert len(collect(project(tmp_path), ["s3://records/host"], TODAY, wait=7).table) == 1
    assert len(collect(project(tmp_path), ["s3://records/empty"], TODAY, wait=7).table) == 0
    assert "s3://records/empty: holds no records-*.jsonl" in capsys.readouterr().err


def test_a_kind_of_store_whose_package_is_not_here_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, with what brings it."""
    monkeypatch.setitem(__import__("sys").modules, "gcsfs", None)
    with pytest.raises(ToolFailed, match=r"^gs://bucket/records: .*gcs.*; run `make remote`$"):
        collect(project(tmp_path), ["gs://bucket/records"], TODAY, wait=7)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """In one line; one that is gone meanwhile is passed over."""
    damaged = places.Records("records-a.jsonl", lambda: tmp_path.open("rb"))
    with pytest.raises(ToolFailed, match=r"records-a\.jsonl: cannot be read"), places.reading(damaged):
        pass
    gone = places.Records("gone", lambda: (tmp_path / "gone").open("rb"))
    with pytest.raises(FileNotFoundError), places.reading(gone):
        pass


def test_a_folder_that_is_called_as_a_file_of_records_is_none(tmp_path: Path) -> None:
    """What is in it counts, by its own name."""
    write(tmp_path / "records/records-x.jsonl", "a", predicted("a"), labelled("a"), first=HEAD)
    with places.opened([str(tmp_path / "records")]) as found:
        assert [Path(each.name).name for each in found] == ["records-a.jsonl"]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """The address of a server of a folder, which lists what is there."""
    (tmp_path / "web/empty").mkdir(parents=True)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "web"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_web_server_is_a_place(web: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it lists its files; one that holds none is told."""
    write(tmp_path / "web/host", "a", predicted("a"), labelled("a"), first=HEAD)
    assert len(collect(project(tmp_path), [f"{web}/host/"], TODAY, wait=7).table) == 1
    assert len(collect(project(tmp_path), [f"{web}/empty/"], TODAY, wait=7).table) == 0
    assert f"{web}/empty/: holds no records-*.jsonl" in capsys.readouterr().err


def test_a_web_server_that_is_away_is_not_an_empty_place(tmp_path: Path) -> None:
    """In one line, as of other stores."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"http://127.0.0.1:{free.getsockname()[1]}/records/"
        with pytest.raises(ToolFailed, match=rf"^{address}: cannot be read: [^\n]+$"):
            collect(project(tmp_path), [address], TODAY, wait=7)


@pytest.mark.slow
def test_what_a_running_service_writes_is_found(folders: dict[str, Path], tmp_path: Path) -> None:
    """`bentoml serve` with two workers, while it runs: each labelled row, with its label."""
    (tmp_path / "served").mkdir()
    about = json.loads((folders["digits"] / "signature.json").read_text())
    here = project(tmp_path, **about)
    rows, target = rows_of(digits(), 40), digits()["label"].tolist()
    with serving(tmp_path / "served", folders["digits"], workers=2) as served:
        for at in range(0, 40, 4):
            answer = served.post("/predict", {"rows": rows[at : at + 4]}).json()
            told = [{"request_id": answer["request_id"], "row": row, "label": target[at + row]} for row in range(4)]
            assert {served.post("/feedback", each).status_code for each in told} == {200}
        today = datetime.now(UTC).date() + timedelta(days=2)
        assert until(lambda: len(collect(here, [str(served.records)], today, wait=1).table) == 40, 20)
        found = collect(here, [str(served.records)], today, wait=1)
    assert sorted(found.table["label"].to_pylist()) == sorted(target[:40])
    assert (dict(found.out), 0 < len(found.sealed) < 40) == ({}, True)
