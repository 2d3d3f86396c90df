"""Are the steps of the cluster's Rollout those of params.yaml?"""

from collections.abc import Iterator
from typing import Any

import yaml

from mainline.config import Canary
from mainline.doctor.finding import FINE, NOT_ASKED, WARNING, Finding
from mainline.project import Project

ROLLOUT = "deploy/kubernetes/base/rollout.yaml"
SETTINGS = "deploy/kustomization.yaml"
EXAMPLE = "registry.example.com/"
"""Where nobody's judge is: who sets up a cluster writes another."""


def look(project: Project) -> Iterator[Finding]:
    """Whether deploy/kubernetes has a version go the way that params.yaml says."""
    if not ((project / ROLLOUT).exists() and (project / SETTINGS).exists()):
        yield Finding("cluster", NOT_ASKED, f"there is no {SETTINGS} with a {ROLLOUT}")
    elif EXAMPLE in (project / SETTINGS).read_text(encoding="utf-8", errors="replace"):
        yield Finding("cluster", NOT_ASKED, f"{SETTINGS} names no judge of yours yet (docs/kubernetes.md)")
    elif (there := read(project)) is None:
        yield Finding("cluster", WARNING, f"{ROLLOUT}: no steps of a canary can be read in it", f"edit {ROLLOUT}")
    else:
        yield compared(there, project.canary)


def read(project: Project) -> list[str] | None:
    """The steps of the Rollout in words; None where it has none that can be read."""
    try:
        rollout = yaml.safe_load((project / ROLLOUT).read_text(encoding="utf-8"))
        return [_said(step) for step in rollout["spec"]["strategy"]["canary"]["steps"]]
    except (OSError, ValueError, yaml.YAMLError, LookupError, TypeError, AttributeError):
        return None


def compared(there: list[str], canary: Canary) -> Finding:
    """What differs first, if anything does."""
    if canary.strategy != "canary":
        said = f"canary.strategy is {canary.strategy}, which is a host's alone; a cluster has every version be a canary"
        return Finding("cluster", FINE, said)
    wanted = list(steps(canary))
    for number, (says, should) in enumerate(zip(there + [""] * len(wanted), wanted, strict=False), start=1):
        if says != should:
            said = f"{ROLLOUT}: step {number} is {says or 'missing'!r}; by params.yaml's section canary: {should!r}"
            return Finding("cluster", WARNING, said, f"have these steps: {'; '.join(wanted)}")
    if len(there) > len(wanted):
        said = f"{ROLLOUT}: step {len(wanted) + 1} is {there[len(wanted)]!r}; by params.yaml there is none"
        return Finding("cluster", WARNING, said, f"have these steps: {'; '.join(wanted)}")
    return Finding("cluster", FINE, f"{ROLLOUT} has the steps of params.yaml")


def steps(canary: Canary) -> Iterator[str]:
    """The way of a version: is it barred; a share, judged; until it is released; each larger share, judged."""
    yield "barred"
    yield from _judged(canary.share)
    yield f"released {canary.share:g}"
    for share in canary.steps:
        if share > canary.share:
            yield from _judged(share)


def _judged(share: float) -> Iterator[str]:
    yield f"setWeight {max(1, round(share * 100))}"  # whole percents, and never none
    yield f"judge {share:g}"


def _said(step: dict[str, Any]) -> str:
    """A step in a word or two, as `steps` has them."""
    if "analysis" not in step:
        return " ".join(f"{name} {value}" for name, value in step.items())
    said = step["analysis"]
    shares = [each["value"] for each in said["args"] if each["name"] == "share"]
    return " ".join([said["templates"][0]["templateName"], *map(str, shares)])
