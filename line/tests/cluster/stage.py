"""A cluster to try the judge on: the Kubernetes API as it answers, pods that count, a real git remote and ledger."""

import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from line.tests.host.hosts import commit_files, release
from mainline import ledger
from mainline.cluster.serve import Options, Service
from mainline.host import desired
from mainline.host.log import Log
from mainline.host.model import Release
from mainline.tools import git, http, ports

OFF = "{second: false, latency: false, labels: false, drift: false}"
PARAMS = f"canary: {{minimum: 0, baseline: 50, interval: 0.1, signals: {OFF}}}\n"
ADDRESSES = itertools.count(1)
"""Of loopback: each pod has an address of its own, and all of them the same port."""


class Quiet(BaseHTTPRequestHandler):
    """Answers text or JSON by `said`."""

    def do_GET(self) -> None:
        """What is said of a path."""
        status, text = self.said()  # type: ignore[attr-defined]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def served(address: tuple[str, int], said: Any) -> ThreadingHTTPServer:
    """A server whose GET answers what a function says of its path."""
    handler = type("Bound", (Quiet,), {"said": lambda self: said(self.path)})
    server = ThreadingHTTPServer(address, handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


@dataclass
class Pod:
    """One pod, and what it has counted."""

    template: str
    version: str
    port: int
    good: int = 0
    failed: int = 0
    refused: int = 0
    more: dict[str, str] = field(default_factory=dict)
    """Labels in place of the usual ones."""
    ready: bool = True
    status: int = 200
    began: float = field(default_factory=time.time)
    address: str = field(default_factory=lambda: f"127.1.0.{next(ADDRESSES)}")

    def __post_init__(self) -> None:
        self.uid = f"uid-of-{self.address}"
        self.server = served((self.address, self.port), lambda _: (self.status, self.metrics()))

    def metrics(self) -> str:
        """What it says at /metrics."""
        own = f'endpoint="/predict",service_version="{self.version}"'
        total = "bentoml_service_request_total"
        lines = [
            f'{total}{{{own},http_response_code="200"}} {self.good}',
            f'{total}{{{own},http_response_code="500"}} {self.failed}',
            f'{total}{{{own},http_response_code="400"}} {self.refused}',
        ]
        bucket = f'bentoml_service_request_duration_seconds_bucket{{{own},http_response_code="200",le='
        lines += [f'{bucket}"0.1"}} {self.good}', f'{bucket}"+Inf"}} {self.good}']
        return "\n".join([*lines, f"mainline_start_time_seconds {self.began}"]) + "\n"

    @property
    def item(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "metadata": {
                "name": self.uid,
                "uid": self.uid,
                "labels": {**labels(self.template, self.version), **self.more},
            },
            "status": {
                "phase": "Running",
                "podIP": self.address,
                "conditions": [{"type": "Ready", "status": "True" if self.ready else "False"}],
            },
        }

    def end(self) -> None:
        """Serve no more."""
        self.server.shutdown()
        self.server.server_close()


def labels(template: str, version: str) -> dict[str, str]:
    """Those of a pod and of its ReplicaSet's template."""
    return {"app": "model", "rollouts-pod-template-hash": template, "version": version}


@dataclass
class Stage:
    """One cluster, its remote, and the judges that came and went."""

    folder: Path
    port: int = field(default_factory=ports.free)
    pods: list[Pod] = field(default_factory=list)
    sets: dict[str, str] = field(default_factory=dict)
    """Versions by template hash."""
    status: dict[str, Any] = field(default_factory=dict)
    """Of the Rollout."""
    others: list[str] = field(default_factory=list)
    """Names of more Rollouts."""
    down: bool = False
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        git.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.origin), root=self.folder)
        self.want(PARAMS, canary=release("b"), production=release("a"))
        self.api = served(("127.0.0.1", 0), self._api)
        self.services: list[Service] = []
        self.stand("aaa", "aaaaaaaa")
        self.stand("bbb", "bbbbbbbb")
        self.status = {"phase": "Progressing", "stableRS": "aaa", "currentPodHash": "bbb"}

    @property
    def origin(self) -> Path:
        """The git remote."""
        return self.folder / "origin.git"

    @property
    def kubeconfig(self) -> str:
        """What opens the API."""
        return json.dumps(
            {
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "shop"}}],
                "clusters": [{"name": "k", "cluster": {"server": f"http://127.0.0.1:{self.api.server_port}"}}],
                "users": [{"name": "u", "user": {"token": "secret"}}],
            }
        )

    def want(self, params: str | None = None, **releases: Release | None) -> None:
        """Commit a desired state."""
        files: dict[str, str | None] = {desired.FILES[name]: desired.text_of(each) for name, each in releases.items()}
        commit_files(self.origin, files | ({"params.yaml": params} if params else {}))

    def stand(self, template: str, version: str) -> Pod:
        """Have one more pod of a template."""
        self.sets[template] = version
        self.pods.append(Pod(template, version, self.port))
        return self.pods[-1]

    def serve(self, *requests: tuple[Pod, int, int]) -> None:
        """Have pods answer some requests, and fail others."""
        for pod, good, failed in requests:
            pod.good, pod.failed = pod.good + good, pod.failed + failed

    def judge(self, *, read: bool = True, **options: Any) -> Service:
        """A judge that goes on from what is there; it has read git."""
        folder = self.folder / "state"
        service = Service(
            Options(("127.0.0.1", 0), folder, str(self.origin), port=self.port, **options), Log(self.said.append)
        )
        self.services.append(service)
        if read:
            self.round(service)
        return service

    def round(self, service: Service) -> None:
        """One look at git and at the Rollout, and what waits for the ledger is sent."""
        service.hear(*service.git.round())
        service._watched = float("-inf")
        service.tick()
        if service.memory.kept.outbox:
            service.hear(*service.git.round())

    def ask(self, service: Service, path: str) -> dict[str, Any]:
        """What it answers, and not what it said a moment ago."""
        for pair in service._evidence.pairs.values():
            pair.looked = 0.0
        return dict(http.client().get(f"{self.address(service)}{path}").json())

    def address(self, service: Service) -> str:
        """Where a judge is asked."""
        return f"http://127.0.0.1:{service.server.port}"

    def ledger(self) -> list[ledger.Entry]:
        """What stands in the ledger of deployments."""
        clone = self.folder / "clone.git"
        desired.prepare(clone, str(self.origin))
        return ledger.read(clone).deployments()

    def events(self) -> list[tuple[str, str]]:
        """Those that end something, by event and version's letter."""
        begin = ("started", "canary")
        return [(each["event"], each["version"][:1]) for each in self.ledger() if each["event"] not in begin]

    def end(self) -> None:
        """Leave nothing running."""
        for service in self.services:
            service.server.close()
        for pod in self.pods:
            pod.end()
        self.api.shutdown()
        self.api.server_close()

    def _api(self, path: str) -> tuple[int, str]:
        self.asked.append(path)
        if self.down:
            return 500, json.dumps({"message": "etcd is away"})
        parts = urlsplit(path)
        selector = dict(
            each.split("=") for each in parse_qs(parts.query).get("labelSelector", [""])[0].split(",") if each
        )
        sets = [
            {"spec": {"template": {"metadata": {"labels": labels(template, version)}}}}
            for template, version in self.sets.items()
        ]
        kinds: dict[str, list[dict[str, Any]]] = {
            "/api/v1/namespaces/shop/pods": [each.item for each in self.pods],
            "/apis/apps/v1/namespaces/shop/replicasets": [
                each for each in sets if selector.items() <= each["spec"]["template"]["metadata"]["labels"].items()
            ],
            "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts": [
                {"metadata": {"name": name}, "status": self.status} for name in ("model", *self.others)
            ],
        }
        if parts.path not in kinds:
            return 404, json.dumps({"message": "not found"})
        items = kinds[parts.path]
        if parts.path.endswith("/pods"):
            items = [each for each in items if selector.items() <= each["metadata"]["labels"].items()]
        return 200, json.dumps({"items": items})
