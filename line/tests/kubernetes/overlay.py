"""What of the manifests differs in the tests: there is no registry, so programs are this machine's, mounted."""

import os
import sys
from pathlib import Path
from typing import Any

import yaml

from line.tests.kubernetes.control import NODE
from line.tests.projects import TOP

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
}
"""Of this and the image's own, as Dockerfile.j2 has them."""
CPU = "250m"
"""A share that a pod has beside all else on this machine, and of which seven find room on two cores."""
OF_SERVICE = {
    "BENTOML_HOME": "/tmp/bentoml",
    "BENTOML_DO_NOT_TRACK": "True",
    "BENTOML_HOST": "0.0.0.0",
    "BENTOML_PORT": "3000",
}
VERSION = {"name": "MODEL_VERSION", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['version']"}}}


def kustomization(served: Path) -> str:
    """The overlay above deploy/.

    Args:
        served: the folder that holds the service and its model, laid out like a Bento.
    """
    places = {"/usr", "/lib", "/lib64", str(TOP), sys.base_prefix, str(served)} - {"/"}
    places = {place for place in places if not (place != "/usr" and place.startswith("/usr/"))}
    return yaml.safe_dump(
        {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": ["deploy"],
            "patches": [
                _patch("Rollout", "/spec/template/spec", places, _serving(served)),
                _patch("Deployment", "/spec/template/spec", places, _judging()),
                *_hurried(),
            ],
        }
    )


def _hurried() -> list[dict[str, Any]]:
    """The judge is asked more often, and what is no longer needed goes sooner."""
    asked = [{"op": "replace", "path": "/spec/metrics/0/interval", "value": "1s"}]
    delays = ("abortScaleDownDelaySeconds", "scaleDownDelaySeconds")
    goes = [{"op": "replace", "path": f"/spec/strategy/canary/{name}", "value": 8} for name in delays]
    return [
        {"target": {"kind": kind}, "patch": yaml.safe_dump(changes)}
        for kind, changes in (("AnalysisTemplate", asked), ("Rollout", goes))
    ]


def _serving(served: Path) -> dict[str, Any]:
    return {
        "command": [sys.executable, "-m", "bentoml", "serve", "other:Predictor"],
        "workingDir": str(served),
        "env": [VERSION, *_env(ENVIRONMENT | OF_SERVICE)],
    }


def _judging() -> dict[str, Any]:
    return {"command": [sys.executable, "-m", "mainline"], "args": ["--interval", "2"], "env": _env(ENVIRONMENT)}


def _env(values: dict[str, str]) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _patch(kind: str, pod: str, places: set[str], container: dict[str, Any]) -> dict[str, Any]:
    """Mounts, and the command that is an image's entrypoint."""
    first = f"{pod}/containers/0"
    changes: list[dict[str, Any]] = [
        {"op": "add", "path": f"{first}/imagePullPolicy", "value": "Never"},
        {"op": "add", "path": f"{first}/resources/requests", "value": {"cpu": CPU, "memory": "64Mi"}},
    ]
    for name, value in container.items():
        if name in ("args", "env"):  # after what is there
            changes += [{"op": "add", "path": f"{first}/{name}/-", "value": each} for each in value]
        else:
            changes.append({"op": "add", "path": f"{first}/{name}", "value": value})
    for number, place in enumerate(sorted(places)):
        mount = {"name": f"host-{number}", "mountPath": place, "readOnly": True}
        changes.append({"op": "add", "path": f"{first}/volumeMounts/-", "value": mount})
        volume = {"name": f"host-{number}", "hostPath": {"path": place}}
        changes.append({"op": "add", "path": f"{pod}/volumes/-", "value": volume})
    return {"target": {"kind": kind}, "patch": yaml.safe_dump(changes)}


def remote() -> str:
    """Where the judge finds the project's repository: a daemon of git, on the node."""
    return f"git://{NODE}/origin.git"
