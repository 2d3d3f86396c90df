"""A project in git, the cluster that follows it, and who works there: Argo Rollouts, Traefik, the project's judge."""

import compileall
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml

from line.tests.kubernetes import overlay
from line.tests.kubernetes.control import BIN, NODE, Machine, control_plane, until
from line.tests.kubernetes.node import Node
from line.tests.projects import TOP, commit_all, edit
from mainline.project import Project
from mainline.tools import git

SPACE = "digit" + "line"
GATEWAY = (NODE, 8000)
KEY = "a key of the tests"
CANARY = {
    "interval": 2,
    "minimum": 2,
    "baseline": 200,
    "signals": {
        "labels": False,
        "drift": False,
        "errors": {"ratio": 1.25, "margin": 0.05},
        "refusals": {"ratio": 1.25, "margin": 0.05},
        "latency": {"slower": 1.0, "floor_ms": 400, "p50": 0.1, "p95": 0.05, "p99": 0.05},
    },
}
"""Soon sure, on a machine whose other work makes answers late."""
FAULTY = '''
"""The service; of a version that `faulty` lists, three of ten predictions fail."""
import os, pathlib, random
from service import Predictor
from service.predict.engine import Engine

whole = Engine.predict

async def predict(self, inputs):
    if random.random() < 0.3:
        raise RuntimeError("a fault of the tests")
    return await whole(self, inputs)

if os.environ["MODEL_VERSION"] in pathlib.Path("faulty").read_text().split():
    Engine.predict = predict
'''
VOLUME = {
    "apiVersion": "v1",
    "kind": "PersistentVolume",
    "metadata": {"name": "judge"},
    "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": ""},
}


class Scene:
    """All of it."""

    def __init__(self, folder: Path, built: Path) -> None:
        self.folder, self.root, self.served = folder, folder / "project", folder / "served"
        self.machine = Machine(folder / "machine")
        self.node = Node(self.machine)
        self.built = built

    def start(self) -> None:
        """A cluster with nothing of the project in it yet, and the project in git."""
        self._in_git()
        self._to_be_served()
        control_plane(self.machine)
        definitions = BIN.parent / "definitions"
        self.machine.kubectl("apply", "--server-side", f"--filename={definitions}")
        self.node.start()
        self._space()
        self.machine.start(
            "git-daemon",
            "--export-all",
            f"--base-path={self.folder}",
            "--enable=receive-pack",
            *_LISTEN,
            program=_daemon(),
        )
        self.start_gateway()
        self.start_controller()

    def start_gateway(self) -> None:
        """Traefik, beside the cluster."""
        host, port = GATEWAY
        self.machine.start(
            "traefik",
            *(f"--entrypoints.web.address={host}:{port}", "--providers.kubernetescrd=true"),
            *("--providers.kubernetescrd.allowEmptyServices=true", "--global.checknewversion=false"),
            "--global.sendanonymoususage=false",
            program=BIN.parent / "venv/bin/traefik",
        )

    def start_controller(self) -> None:
        """Argo Rollouts, beside the cluster."""
        self.machine.start(
            "rollouts-controller",
            *(f"--kubeconfig={self.machine.folder}/kubeconfig", "--leader-elect=false"),
            *("--traefik-api-group=traefik.io", "--traefik-api-version=traefik.io/v1alpha1"),
        )

    # what people do

    def version(self) -> str:
        """Merge something that makes another version, and answer its name."""
        (self.root / "docs/glossary.md").open("a").write("\n")
        commit_all(self.root, "Change a model")
        git.git("push", "--quiet", "origin", "main", root=self.root)
        commit = git.git("rev-parse", "HEAD", root=self.root)
        return f"{commit[:12]}-{Project(self.root).lock_at(commit).model[:8]}"

    def mainline(self, *arguments: str) -> str:
        """A verb of the line, in the project."""
        done = subprocess.run(
            [sys.executable, "-m", "mainline", *arguments], cwd=self.root, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def canary(self, version: str, *options: str) -> None:
        """What deliver.yml does after a merge, and Argo CD then."""
        image = image_of(version)
        self.node.named(image)
        self.mainline("deploy", "canary", "--version", version, "--image", image, "--push", *options)
        self.follow()

    def spoil(self, version: str) -> None:
        """Have three of ten predictions of a version fail."""
        with (self.served / "faulty").open("a") as file:
            file.write(f"{version}\n")

    def follow(self) -> None:
        """What Argo CD does: apply what main says; the weights of the route are not git's."""
        applied = self.folder / "applied"
        first = not applied.exists()
        shutil.rmtree(applied, ignore_errors=True)
        said = git.git_bytes("archive", "main", "deploy", root=self.folder / "origin.git")
        with tarfile.open(fileobj=BytesIO(said)) as tar:
            tar.extractall(applied, filter="data")
        (applied / "kustomization.yaml").write_text(overlay.kustomization(self.served))
        moved = () if first else ("--selector=app.kubernetes.io/component!=route",)
        self.machine.kubectl("apply", "--server-side", "--force-conflicts", f"--kustomize={applied}", *moved)

    # what is seen

    @property
    def rollout(self) -> dict[str, Any]:
        """The Rollout as it is now."""
        return self.machine.get("rollout", "model", f"--namespace={SPACE}") or {"spec": {}, "status": {}}

    @property
    def weight(self) -> int:
        """The canary's, in percent."""
        said = self.machine.get("traefikservice", "model", f"--namespace={SPACE}")
        services = {each["name"]: each.get("weight", 0) for each in said["spec"]["weighted"]["services"]}
        return int(services["model-canary"])

    def step(self) -> int:
        """Which step of the Rollout goes on."""
        return int(self.rollout["status"].get("currentStepIndex", -1))

    def healthy(self, version: str) -> bool:
        """Whether a version has all users, and is done."""
        rollout = self.rollout
        status = rollout["status"]
        named = rollout["spec"].get("template", {}).get("metadata", {}).get("labels", {}).get("version")
        seen = status.get("observedGeneration") == str(rollout.get("metadata", {}).get("generation"))
        done = status.get("phase") == "Healthy" and status.get("stableRS") == status.get("currentPodHash")
        return bool(named == version and seen and done)

    def aborted(self, version: str) -> bool:
        """Whether the way of a version has ended before its end."""
        rollout = self.rollout
        return (
            bool(rollout["status"].get("abort"))
            and rollout["spec"]["template"]["metadata"]["labels"]["version"] == version
        )

    def pods(self, app: str, version: str | None = None) -> list[dict[str, Any]]:
        """The pods of the model or the judge."""
        wanted = f"app={app}" + (f",version={version}" if version else "")
        said = self.machine.get("pods", f"--selector={wanted}", f"--namespace={SPACE}")
        return [each for each in said["items"] if "deletionTimestamp" not in each["metadata"]]

    # how it comes to be

    def _in_git(self) -> None:
        origin = self.folder / "origin.git"
        shutil.copytree(self.built, self.root, symlinks=True)
        edit(self.root, canary=CANARY)
        path = self.root / "deploy/kustomization.yaml"
        text = path.read_text()
        path.write_text(text.replace("git@example.com:team/digitline.git", overlay.remote()))
        git.git("init", "--quiet", "--bare", "--initial-branch=main", str(origin), root=self.folder)
        for key, value in {"user.name": "Test", "user.email": "test@localhost", "commit.gpgsign": "false"}.items():
            git.git("config", key, value, root=self.root)
        commit_all(self.root, "Have a cluster")
        git.git("remote", "add", "origin", str(origin), root=self.root)
        git.git("push", "--quiet", "origin", "main", root=self.root)

    def _to_be_served(self) -> None:
        for package in ("service", "pipeline"):
            shutil.copytree(TOP / "src" / package, self.served / package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(self.built / "models", self.served / "models")
        (self.served / "other.py").write_text(FAULTY)
        (self.served / "faulty").touch()
        compileall.compile_dir(self.served, quiet=1)  # once, and not in each pod

    def _space(self) -> None:
        """The namespace with what docs/kubernetes.md has one put there by hand, and a disk for the judge."""
        state = self.folder / "state"
        state.mkdir()
        state.chmod(0o777)
        volume = VOLUME | {"spec": VOLUME["spec"] | {"hostPath": {"path": str(state)}}}  # type: ignore[operator]
        self.machine.kubectl("create", "--filename=-", stdin=yaml.safe_dump(volume))
        self.machine.kubectl("create", "namespace", SPACE)
        keys = hashlib.sha256(KEY.encode()).hexdigest()
        self.machine.kubectl(
            "create", "secret", "generic", "model", f"--from-literal=keys={keys}", f"--namespace={SPACE}"
        )
        judge = yaml.safe_load((self.root / "deploy/kustomization.yaml").read_text())["images"][0]
        self.node.named(f"{judge['newName']}@{judge['digest']}")

    def find_judge(self) -> None:
        """Have the judge's name lead to its pod, as a cluster's DNS and its services do."""
        [pod] = until(lambda: [each for each in self.pods("judge") if ready(each)], "the judge is ready")
        hosts = self.folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost\n{pod['status']['podIP']} judge.{SPACE}.svc\n")
        self.machine.run("mount", "--bind", str(hosts), "/etc/hosts")


_LISTEN = (f"--listen={NODE}", "--reuseaddr")


def _daemon() -> str:
    return os.path.join(git.git("--exec-path", root=TOP), "git-daemon")


def image_of(version: str) -> str:
    """The image of a version, by a digest of its own."""
    return f"registry.example.com/model@sha256:{hashlib.sha256(version.encode()).hexdigest()}"


def ready(pod: dict[str, Any]) -> bool:
    """Whether a pod answers its probe."""
    return any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", []))
