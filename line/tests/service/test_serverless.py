"""The service as a function: AWS Lambda's own client asks it, and its answers are the service's, byte for byte."""

import base64
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from line.tests.service.serving import TOP
from service import serverless
from service.predictor import OF_BENTOML
from tests.service.conftest import Start, people, rows_of

pytestmark = pytest.mark.slow
HEADERS = {
    "Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
    "Deadline-Ms": "4102444800000",
    "Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:123456789012:function:model",
    "Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
}


@dataclass
class Runtime:
    """Lambda's runtime API, as a sandbox of Lambda has it: hands out events, takes answers."""

    events: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)
    answers: queue.Queue[tuple[str, Any]] = field(default_factory=queue.Queue)
    log: Path = Path()

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        """One event's answer."""
        self.events.put(event)
        path, said = self.answers.get(timeout=40)
        assert path.endswith("/response"), said
        answer: dict[str, Any] = said
        return answer

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """A request as API Gateway and function URLs make an event of it: status, headers, body."""
        answer = self.invoke(event_of(method, path, body, headers))
        content = answer["body"]
        raw = base64.b64decode(content) if answer["isBase64Encoded"] else content.encode()
        return answer["statusCode"], answer["headers"], raw


def event_of(method: str, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    """Payload 2.0; bodies that are no text come in base64."""
    packed = not body.isascii()
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {name.replace("_", "-"): said for name, said in headers.items()},
        "requestContext": {"stage": "$default", "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"}},
        "isBase64Encoded": packed,
        "body": base64.b64encode(body).decode() if packed else body.decode(),
    }


@pytest.fixture(scope="module")
def runtime(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Lambda's client with the handler, in a folder laid out like a Bento."""
    folder, api = tmp_path_factory.mktemp("bento"), Runtime()
    for package in ("service", "pipeline"):
        shutil.copytree(TOP / "src" / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(folders["people"], folder / "models")

    class Api(BaseHTTPRequestHandler):
        """GET next, POST response or error."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            event = json.dumps(api.events.get()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            for name, said in HEADERS.items():
                self.send_header(f"Lambda-Runtime-{name}", said)
            self.send_header("Content-Length", str(len(event)))
            self.end_headers()
            self.wfile.write(event)

        def do_POST(self) -> None:
            api.answers.put((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *said: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = os.environ | {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "MODEL_VERSION": "v1",
        "PYTHONPATH": "",
        "RECORDS_FOLDER": str(folder / "records"),
        "SERVICE_OPEN": "1",
    }
    api.log = folder / "log"
    with api.log.open("wb") as log:
        command = [sys.executable, "-m", "awslambdaric", "service.serverless.handler"]
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
    yield api
    process.kill()
    process.wait()
    server.shutdown()


ROW = rows_of(people(), 1)[0]
JSON = {"content_type": "application/json", "x_request_id": "one"}


def csv() -> bytes:
    """Rows as text."""
    return str(people().head(3).to_csv(index=False)).encode()


def parquet() -> bytes:
    """Rows as a Parquet file."""
    return bytes(people().head(20).drop(columns=["label"]).to_parquet())


REQUESTS: dict[str, tuple[str, str, bytes, dict[str, str]]] = {
    "a row": ("POST", "/predict", json.dumps({"row": ROW}).encode(), JSON),
    "letters": ("POST", "/predict", json.dumps({"row": ROW | {"city": "Köln"}}, ensure_ascii=False).encode(), JSON),
    "CSV": ("POST", "/predict/table", csv(), {**JSON, "content_type": "text/csv"}),
    "Parquet": ("POST", "/predict/table", parquet(), {**JSON, "content_type": "application/vnd.apache.parquet"}),
    "MLflow": ("POST", "/invocations", json.dumps({"dataframe_records": [ROW]}).encode(), JSON),
    "the page": ("GET", "/", b"", JSON),
    "the model": ("GET", "/model", b"", JSON),
    "no such path": ("GET", "/nowhere", b"", JSON),
    "another method": ("GET", "/predict", b"", JSON),
    "a column missing": ("POST", "/predict", b'{"row": {"age": 3}}', JSON),
    "no JSON": ("POST", "/predict", b"\xff\xfe", JSON),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_an_event_is_answered_as_a_request(name: str, runtime: Runtime, start: Start) -> None:
    """Status, headers and bytes, of answers and of refusals, be the body text or in base64."""
    method, path, body, headers = REQUESTS[name]
    said = {key.replace("_", "-"): value for key, value in headers.items()}
    answer = start("people").ask(method, path, content=body, headers=said)
    status, given, content = runtime.ask(method, path, body, **headers)
    assert (status, content) == (answer.status_code, answer.content)
    assert given == dict(answer.headers)


def test_an_event_of_another_kind_is_refused(runtime: Runtime) -> None:
    """One line, and the next event is answered."""
    answer = runtime.invoke({"row": ROW})
    assert (answer["statusCode"], json.loads(answer["body"])["error"][:16]) == (400, "the event is non")
    assert runtime.ask("GET", "/ping")[0] == 200


def test_a_stage_is_no_part_of_the_path(runtime: Runtime) -> None:
    """As API Gateway's stages that have a name."""
    event = event_of("GET", "/prod/ping", b"", {})
    event["requestContext"]["stage"] = "prod"
    assert runtime.invoke(event)["statusCode"] == 200


@pytest.mark.parametrize(
    ("variables", "said"),
    [({}, "others than this machine could ask the model"), ({"SERVICE_OPEN": "2"}, "SERVICE_OPEN: must be 1 or 0")],
)
def test_a_function_that_is_not_set_up_says_so(
    variables: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    """Without keys it is not open to all, unless it is told so."""
    monkeypatch.setattr("service.settings.models_folder", lambda: folders["people"])
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    with pytest.raises(SystemExit, match=said):
        serverless.handler(event_of("GET", "/ping", b"", {}))


def test_the_manifest_of_knative_is_of_the_image() -> None:
    """Port, probes, and by digest: as Dockerfile.j2 has it, and the service answers it."""
    manifest = yaml.safe_load((TOP / "deploy/knative.yaml").read_text())
    [container] = manifest["spec"]["template"]["spec"]["containers"]
    [port] = container["ports"]
    image = (TOP / "Dockerfile.j2").read_text()
    assert f"EXPOSE {port['containerPort']}\n" in image
    assert f"BENTOML_PORT={port['containerPort']}\n" in image
    probes = [container[name]["httpGet"] for name in ("readinessProbe", "livenessProbe")]
    assert {probe["port"] for probe in probes} == {port["containerPort"]}
    assert {probe["path"] for probe in probes} <= OF_BENTOML
    assert re.search(r"@sha256:[0-9a-f]{64}$", container["image"])
    assert [each["mountPath"] for each in container["volumeMounts"]] == ["/tmp"]
    assert {each["name"] for each in container["env"]} == {"SERVICE_API_KEYS"}
