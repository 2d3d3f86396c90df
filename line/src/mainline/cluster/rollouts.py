"""What the status of an Argo Rollout says has happened: a version is in production, or was given up."""

from dataclasses import dataclass

from mainline.cluster.api import Api, Item
from mainline.cluster.memory import Memory
from mainline.cluster.pods import HASH, Pods
from mainline.errors import ToolFailed


@dataclass(frozen=True)
class Rollout:
    """Its status, as far as it is of use."""

    name: str
    stable: str
    """The hash of the pods that are production."""
    current: str
    """The hash of those that git wants."""
    phase: str
    aborted: str
    """When it was given up; empty where it was not."""
    message: str


def read(item: Item) -> Rollout:
    """A Rollout, as the API shows it."""
    status = item.get("status") or {}
    return Rollout(
        str(item["metadata"]["name"]),
        str(status.get("stableRS", "")),
        str(status.get("currentPodHash", "")),
        str(status.get("phase", "")),
        str(status.get("abortedAt") or "now") if status.get("abort") else "",
        str(status.get("message", "")),
    )


def look(api: Api, name: str | None) -> Rollout | None:
    """The Rollout of this name, or the only one; None where there is none, as with Flagger.

    Raises:
        ToolFailed: the API does not answer, or there are several and none was named.
    """
    found = [read(each) for each in api.listed("rollouts")]
    if name:
        return next((each for each in found if each.name == name), None)
    if len(found) > 1:
        names = ", ".join(sorted(each.name for each in found))
        raise ToolFailed(f"there are several Rollouts ({names}); --rollout says which one is the model's")
    return found[0] if found else None


def follow(rollout: Rollout, pods: Pods, memory: Memory, why: str = "") -> None:
    """Take in what has happened.

    Args:
        why: the judge's last words about the version that is wanted.

    Raises:
        ToolFailed: the API does not answer.
    """
    stable = pods.version(f"{HASH}={rollout.stable}") if rollout.stable else ""
    if not stable:
        return
    healthy = rollout.phase == "Healthy" and rollout.stable == rollout.current
    if healthy or not memory.production:  # whatever rolls out now, the stable one has been through all steps
        memory.promote(stable, why or f"Rollout {rollout.name} is healthy with it")
    abort = f"{rollout.current}@{rollout.aborted}"
    if not rollout.aborted or rollout.stable == rollout.current or memory.kept.ended == abort:
        return
    version = pods.version(f"{HASH}={rollout.current}")
    if not version:
        return
    if version != stable:  # else it was another change of the Rollout that was given up, and no version
        memory.roll_back(version, rollout.message or f"Rollout {rollout.name} was aborted", 0.0)
    memory.end(abort)
