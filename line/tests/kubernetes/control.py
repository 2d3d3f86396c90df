"""A real Kubernetes in the network that `.ci/cluster` made: etcd, the API server, controllers, scheduler."""

import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

NODE = "10.200.255.1"
SERVICES = "10.201.0.0/24"
API = "10.201.0.1"
"""The first of the services' addresses: where pods find the API server."""
T = TypeVar("T")
BIN = Path(os.environ.get("MAINLINE_CLUSTER", "/nowhere")) / "bin"


def until(holds: Callable[[], T], what: str, seconds: float = 180) -> T:
    """Wait until something holds, and answer it; on a busy machine a pod takes a minute to start."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


class Machine:
    """The processes of one cluster, their logs, and kubectl."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.started = folder, dict[str, subprocess.Popen[bytes]]()
        self.env = os.environ | {"KUBECONFIG": str(folder / "kubeconfig"), "GOMAXPROCS": "2"}
        for name in ("log", "pki"):
            (folder / name).mkdir(parents=True)

    def start(self, name: str, *command: object, program: Path | str | None = None) -> None:
        """Start a program of the cluster, or another; what it says goes to log/NAME."""
        with (self.folder / f"log/{name}").open("ab") as log:
            self.started[name] = subprocess.Popen(
                [str(program or BIN / name), *map(str, command)],
                cwd=self.folder,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        """End one of them, by its id."""
        process = self.started.pop(name)
        process.send_signal(how)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End all, the last one first; of what they started themselves, the end of `.ci/cluster` is the end."""
        for name in reversed(list(self.started)):
            self.end(name)

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """What kubectl says."""
        done = subprocess.run(
            [BIN / "kubectl", *arguments], env=self.env, input=stdin, capture_output=True, text=True, timeout=120
        )
        assert not (check and done.returncode), f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout + ("" if check else done.stderr)

    def get(self, *arguments: str) -> Any:
        """What the API server says of something; nothing where it does not answer, or has no such thing."""
        done = subprocess.run(
            [BIN / "kubectl", "get", *arguments, "--output=json"], env=self.env, capture_output=True, text=True
        )
        return json.loads(done.stdout) if done.returncode == 0 else None

    def run(self, *command: str) -> None:
        """Run a program to its end."""
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


def control_plane(machine: Machine) -> None:
    """Start what decides; answers once the API server is ready."""
    pki = machine.folder / "pki"
    for address in (NODE, API):
        machine.run("ip", "addr", "replace", f"{address}/32", "dev", "lo")
    _keys(machine, pki)
    peers, clients = "http://127.0.0.1:2380", "http://127.0.0.1:2379"
    machine.start(
        "etcd",
        *("--data-dir", machine.folder / "etcd", "--listen-client-urls", clients, "--advertise-client-urls", clients),
        *("--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", f"default={peers}"),
        *("--unsafe-no-fsync", "--log-level", "warn"),
    )
    machine.start(
        "kube-apiserver",
        *(f"--etcd-servers={clients}", f"--service-cluster-ip-range={SERVICES}", f"--advertise-address={NODE}"),
        *("--bind-address=0.0.0.0", "--secure-port=443", f"--tls-cert-file={pki}/api.crt"),
        *(f"--tls-private-key-file={pki}/api.key", "--service-account-issuer=https://kubernetes.default.svc"),
        *(f"--service-account-key-file={pki}/sa.pub", f"--service-account-signing-key-file={pki}/sa.key"),
        *(f"--token-auth-file={pki}/tokens", "--authorization-mode=Node,RBAC", "--allow-privileged=true"),
    )
    until(lambda: "ok" in machine.kubectl("get", "--raw", "/readyz", check=False), "the API server is ready")
    config = machine.folder / "kubeconfig"
    auth = (f"--authentication-kubeconfig={config}", f"--authorization-kubeconfig={config}", "--leader-elect=false")
    machine.start(
        "kube-controller-manager",
        *(f"--kubeconfig={config}", *auth, f"--service-account-private-key-file={pki}/sa.key"),
        *(f"--root-ca-file={pki}/api.crt", f"--cert-dir={pki}"),
    )
    machine.start("kube-scheduler", f"--kubeconfig={config}", *auth)
    until(lambda: machine.get("serviceaccount", "default"), "the controllers work")


def _keys(machine: Machine, pki: Path) -> None:
    names = f"IP:127.0.0.1,IP:{NODE},IP:{API},DNS:kubernetes.default.svc"
    machine.run("openssl", "genrsa", "-out", f"{pki}/sa.key", "2048")
    machine.run("openssl", "rsa", "-in", f"{pki}/sa.key", "-pubout", "-out", f"{pki}/sa.pub")
    machine.run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"),
        *("-keyout", f"{pki}/api.key", "-out", f"{pki}/api.crt", "-addext", f"subjectAltName={names}"),
    )
    token = secrets.token_hex(16)
    (pki / "tokens").write_text(f"{token},admin,admin,system:masters\n")
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "it", "cluster": {"server": f"https://{NODE}", "certificate-authority": f"{pki}/api.crt"}}
        ],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "admin"}}],
        "current-context": "it",
    }
    (machine.folder / "kubeconfig").write_text(json.dumps(config))


def ended(status: dict[str, Any], kinds: Sequence[str]) -> bool:
    """Whether all conditions of these kinds hold."""
    held = {each["type"] for each in status.get("conditions", []) if each["status"] == "True"}
    return held >= set(kinds)
