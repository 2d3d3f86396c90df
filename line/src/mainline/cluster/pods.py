"""Which pods serve a version, and what each has counted; they are read one by one, never through a Service.

After an abort the canary's Service goes back and forth between both sides (argo-rollouts #3078).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from mainline.canary import scrape
from mainline.canary.counts import Counts
from mainline.cluster.api import Api, Item

HASH = "rollouts-pod-template-hash"
"""The label by which Argo Rollouts tells the pods of one template from those of another."""
VERSION = "version"
"""The label of a pod that names the model's version, as deploy/*.env does."""
AT_ONCE = 8


@dataclass(frozen=True)
class Seen:
    """One side at one look."""

    version: str = ""
    """Empty where none is known: no object has these labels, or they are of several versions."""
    counts: list[Counts] | None = None
    why: str = ""
    """What kept it, or one of its pods, from being read."""


class Pods:
    """Reads the sides of a split by their labels."""

    def __init__(self, api: Api, port: int = 3000, prometheus: str | None = None) -> None:
        """Args: the API; where each pod's /metrics is; the address of a Prometheus server, to ask it instead.

        Raises:
            ConfigError: that is no address.
        """
        self._api, self._port, self._prometheus = api, port, prometheus
        if prometheus:
            scrape.source('{job="any"}', prometheus)

    def seen(self, selector: str) -> Seen:
        """A side, by the labels of its pods: its version, and what each of its ready pods has counted.

        Raises:
            ToolFailed: the API does not answer.
        """
        pods = self._api.listed("pods", selector)
        version = _one([_label(each) for each in pods]) or self._of_sets(selector)
        if self._prometheus and selector.startswith(f"{HASH}="):
            series = f'{{{HASH.replace("-", "_")}="{selector.partition("=")[2]}"}}'
            counts, why = _read(series, self._prometheus)
            return Seen(version, counts, why)
        return Seen(version, *self._counted([each for each in pods if _ready(each)]))

    def version(self, selector: str) -> str:
        """The version of a side, also where it has no pod now; empty where none is known.

        Raises:
            ToolFailed: the API does not answer.
        """
        return self._of_sets(selector) or _one([_label(each) for each in self._api.listed("pods", selector)])

    def _of_sets(self, selector: str) -> str:
        sets = self._api.listed("replicasets", selector)
        return _one([_label(each.get("spec", {}).get("template", {})) for each in sets])

    def _counted(self, pods: list[Item]) -> tuple[list[Counts] | None, str]:
        """What each pod has counted; one that cannot be read is counted again once it can."""
        addresses = {each["metadata"]["uid"]: self._address(each) for each in pods}
        with ThreadPoolExecutor(AT_ONCE) as threads:
            read = dict(zip(addresses, threads.map(_read, addresses.values()), strict=True))
        found = [replace(each, process=uid) for uid, (counts, _) in read.items() for each in counts or ()]
        wrong = [f"{addresses[uid]}: {why}" for uid, (_, why) in read.items() if why]
        return found or None, "; ".join(wrong) or ("" if pods else "it has no pod that is ready")

    def _address(self, pod: Item) -> str:
        where = pod["status"]["podIP"]
        return f"http://{f'[{where}]' if ':' in where else where}:{self._port}"


def _read(target: str, prometheus: str | None = None) -> tuple[list[Counts] | None, str]:
    try:
        return scrape.source(target, prometheus)(), ""
    except scrape.Unread as error:
        return None, str(error)


def _label(thing: Item) -> str:
    return str((thing.get("metadata", {}).get("labels") or {}).get(VERSION, ""))


def _one(versions: list[str]) -> str:
    return versions[0] if versions and len(set(versions)) == 1 else ""


def _ready(pod: Item) -> bool:
    status = pod.get("status", {})
    conditions = {each.get("type"): each.get("status") for each in status.get("conditions") or ()}
    return status.get("phase") == "Running" and bool(status.get("podIP")) and conditions.get("Ready") == "True"
