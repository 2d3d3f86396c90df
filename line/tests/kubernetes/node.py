"""The cluster's one node: containerd, a real kubelet, a bridge for the pods, and an image that they all are made of.

The image holds nothing but empty folders and a program that waits: what runs in it is this machine's, mounted.
"""

import hashlib
import io
import json
import subprocess
import tarfile
from pathlib import Path

import yaml

from line.tests.kubernetes.control import BIN, NODE, Machine, ended, until

SANDBOX = "mainline.test/empty:1"
FOLDERS = ("usr", "lib", "lib64", "bin", "etc", "tmp", "proc", "sys", "dev", "var")
BRIDGE = {
    "cniVersion": "0.4.0",
    "name": "pods",
    "plugins": [
        {
            "type": "bridge",
            "bridge": "pods0",
            "isGateway": True,
            "isDefaultGateway": True,
            "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.210.0.0/24"}]]},
        }
    ],
}
CONTAINERD = """
version = 2
root = "{folder}/containerd"
state = "{folder}/containerd-state"
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{sandbox}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
"""


def kubelet_settings(socket: Path) -> dict[str, object]:
    """What a kubelet is told that is a process among others, with no system of its own."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs",
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "failCgroupV1": False,
        "oomScoreAdj": 0,
        "evictionHard": {"nodefs.available": "1%", "imagefs.available": "1%", "memory.available": "100Mi"},
        "containerRuntimeEndpoint": f"unix://{socket}",
        "address": "127.0.0.1",
        "healthzBindAddress": "127.0.0.1",
    }


class Node:
    """Where the pods run."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.folder = machine, machine.folder
        self.socket = self.folder / "containerd.sock"

    def start(self) -> None:
        """Start it; answers once it is ready."""
        for name in ("cni", "kubelet"):
            (self.folder / name).mkdir()
        bridge = BRIDGE["plugins"][0] | {}  # type: ignore[index]
        bridge["ipam"] = bridge["ipam"] | {"dataDir": str(self.folder / "addresses")}
        (self.folder / "cni/10-bridge.conflist").write_text(json.dumps(BRIDGE | {"plugins": [bridge]}))
        config = CONTAINERD.format(folder=self.folder, socket=self.socket, sandbox=SANDBOX)
        (self.folder / "containerd.toml").write_text(config)
        self.machine.start("containerd", "--config", self.folder / "containerd.toml", program="containerd")
        until(lambda: self.ctr("version", check=False), "containerd answers")
        (self.folder / "empty.tar").write_bytes(archive((BIN / "pause").read_bytes(), SANDBOX))
        self.ctr("images", "import", f"{self.folder}/empty.tar")
        (self.folder / "kubelet.yaml").write_text(yaml.safe_dump(kubelet_settings(self.socket)))
        self.machine.start(
            "kubelet",
            *(f"--config={self.folder}/kubelet.yaml", f"--kubeconfig={self.folder}/kubeconfig"),
            *(f"--root-dir={self.folder}/kubelet", "--hostname-override=node", f"--node-ip={NODE}"),
        )
        until(lambda: ended((self.machine.get("node", "node") or {}).get("status", {}), ["Ready"]), "the node is ready")

    def named(self, *images: str) -> None:
        """Give the one image other names, which a registry would answer."""
        for image in images:
            self.ctr("images", "tag", "--force", SANDBOX, image)

    def kill(self, pod: str) -> None:
        """Kill the program of a pod's container, as no signal to it would be heard."""
        listed = self.ctr("containers", "list", "--quiet", f'labels."io.kubernetes.pod.name"=={pod}').split()
        kinds = {each: json.loads(self.ctr("containers", "info", each))["Labels"] for each in listed}
        [container] = [each for each, labels in kinds.items() if "io.kubernetes.container.name" in labels]
        self.ctr("tasks", "kill", "--signal", "SIGKILL", container)

    def ctr(self, *arguments: str, check: bool = True) -> str:
        """What containerd's client says."""
        command = ["ctr", "--address", str(self.socket), "--namespace", "k8s.io", *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout if done.returncode == 0 else ""


def archive(program: bytes, name: str) -> bytes:
    """An image of one layer as a docker archive."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for folder in FOLDERS:
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        _add(tar, "pause", program, 0o755)
    digest = hashlib.sha256(layer.getvalue()).hexdigest()
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": ["/pause"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    said = json.dumps(config).encode()
    named = f"{hashlib.sha256(said).hexdigest()}.json"
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        _add(tar, "layer.tar", layer.getvalue())
        _add(tar, named, said)
        manifest = [{"Config": named, "RepoTags": [name], "Layers": ["layer.tar"]}]
        _add(tar, "manifest.json", json.dumps(manifest).encode())
    return whole.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))
