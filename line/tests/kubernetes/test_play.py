"""The manifests in a real cluster: API server, kubelet, Argo Rollouts, gateway, the project's own service and judge.

One story, as each chapter needs the one before: what a merge, a tag, a revert and trouble do, and what users see of it.
"""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml

from line.tests.kubernetes.control import until
from line.tests.kubernetes.scene import GATEWAY, KEY, SPACE, Scene, ready
from line.tests.kubernetes.test_manifests import ROUTES, rendered, templates
from line.tests.kubernetes.users import Users, failures
from line.tests.projects import TOP
from mainline import ledger
from mainline.project import Project

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

RATE = 100
WAITS = 3  # the step `released` of the Rollout
RESTRICTED = """
apiVersion: v1
kind: Namespace
metadata: {name: restricted, labels: {pod-security.kubernetes.io/enforce: restricted}}
"""


@pytest.fixture(scope="module")
def scene(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A cluster, the project in git, and whoever works there."""
    scene = Scene(tmp_path_factory.mktemp("cluster"), built)
    try:
        scene.start()
        yield scene
    finally:
        scene.machine.close()


@pytest.fixture(scope="module")
def body(built: Path) -> bytes:
    """What users ask."""
    names = [each["name"] for each in json.loads((built / "models/signature.json").read_text())["columns"]]
    row = pd.read_parquet(built / "data/dev.parquet")[names].iloc[0]
    return json.dumps({"row": json.loads(row.to_json())}).encode()


def answers(users: Users) -> bool:
    """Whether the gateway has the model answer all users."""
    time.sleep(1)
    came = users.take()
    return bool(came) and not failures(came)


@pytest.mark.parametrize("route", ROUTES)
def test_the_api_takes_every_route(scene: Scene, tmp_path: Path, route: str) -> None:
    """Strictly, by the definitions of Argo, the gateways and Prometheus; the pods where only restricted ones may be."""
    made = rendered(tmp_path, route).stdout
    scene.machine.kubectl("apply", "--dry-run=server", "--validate=strict", "--filename=-", stdin=made)
    scene.machine.kubectl("apply", "--filename=-", stdin=RESTRICTED)
    for template in templates(list(yaml.safe_load_all(made))).values():
        spec = {**template["spec"], "serviceAccountName": "default"}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "it", "namespace": "restricted"}, "spec": spec}
        said = yaml.safe_dump(pod)
        until(lambda said=said: "created" in dry(scene, said), "a pod may be there", 10)  # type: ignore[misc]
        open_to_all = said.replace("runAsNonRoot: true", "runAsNonRoot: false")
        assert "violates PodSecurity" in dry(scene, open_to_all)


def dry(scene: Scene, said: str) -> str:
    """What the API server says of something that it does not keep."""
    return scene.machine.kubectl("create", "--dry-run=server", "--filename=-", stdin=said, check=False)


def test_argo_cds_own_definition_takes_the_application(scene: Scene) -> None:
    """As the template has it."""
    scene.machine.kubectl("create", "namespace", "argocd")
    file = f"--filename={TOP}/deploy/kubernetes/application.yaml"
    scene.machine.kubectl("apply", "--dry-run=server", "--validate=strict", file)


def test_releases(scene: Scene, body: bytes) -> None:
    """A merge is judged, a tag releases it, a bad one goes back and stays barred; nobody is cut off."""
    one = scene.version()
    scene.canary(one)
    scene.find_judge()
    until(lambda: scene.healthy(one), "the first version is there, with no step")
    scene.mainline("deploy", "production", "--push")
    with Users(GATEWAY, body, KEY, RATE) as users:
        until(lambda: answers(users), "the gateway answers")
        two = a_merge(scene, users)
        a_tag(scene, users, two)
        three = a_bad_merge(scene, users)
        a_change_of_another_kind(scene, users, three)
        a_revert(scene, users, two)
        a_rollback(scene, users, one)
        trouble(scene, users)


def told(what: str, began: float, came: object) -> None:
    """What a chapter measured, for whoever runs it with -s."""
    print(f"{what}: {time.monotonic() - began:.1f} s; {came}")


def a_merge(scene: Scene, users: Users) -> str:
    """Ten percent, judged good, and then it waits."""
    began, two = time.monotonic(), scene.version()
    users.take()
    scene.canary(two)
    until(lambda: scene.step() == WAITS, "it is judged good, and waits")
    time.sleep(3)
    assert (scene.step(), scene.weight) == (WAITS, 10)
    came = users.take()
    assert failures(came) == 0
    assert came[two, "200"] > 0
    told("merge", began, came)
    return two


def a_tag(scene: Scene, users: Users, two: str) -> None:
    """Half, all, and it is production; nothing was promoted by hand."""
    began = time.monotonic()
    scene.mainline("deploy", "production", "--push")
    until(lambda: scene.healthy(two), "it is production")
    came = users.take()
    assert failures(came) == 0
    until(lambda: "promoted" in events(scene, two), "the ledger says so")
    told("tag", began, came)


def a_bad_merge(scene: Scene, users: Users) -> str:
    """Three of ten fail; soon it has no user left, and the ledger says why."""
    began, three = time.monotonic(), scene.version()
    scene.spoil(three)
    scene.canary(three)
    until(lambda: scene.aborted(three), "it is aborted")
    until(lambda: scene.weight == 0, "it has no user")
    came = users.take()
    assert 0 < failures(came) < sum(came.values()) / 20
    time.sleep(2)
    users.take()
    time.sleep(2)
    assert failures(users.take()) == 0
    until(lambda: "rolled back" in events(scene, three), "the ledger says so")
    told("bad merge", began, came)
    return three


def a_change_of_another_kind(scene: Scene, users: Users, three: str) -> None:
    """Whatever else of the Rollout changes while git names the bad one: no request comes to it."""
    began = time.monotonic()
    before = scene.rollout["status"]["currentPodHash"]
    annotate(scene, "1")
    until(lambda: scene.rollout["status"]["currentPodHash"] != before, "the template is another")
    until(lambda: scene.aborted(three), "it is aborted again")
    assert scene.step() == 0
    new = scene.rollout["status"]["currentPodHash"]
    assert new not in {each["metadata"]["labels"]["rollouts-pod-template-hash"] for each in scene.pods("model", three)}
    came = users.take()
    assert failures(came) == 0
    assert {version for version, _ in came}.isdisjoint({three})
    told("barred", began, came)


def annotate(scene: Scene, value: str | None) -> None:
    """Change something of the pods' template that is not git's, or take it back."""
    patch = {"spec": {"template": {"metadata": {"annotations": {"changed": value}}}}}
    space = f"--namespace={SPACE}"
    scene.machine.kubectl("patch", "rollout", "model", space, "--type=merge", f"--patch={json.dumps(patch)}")


def a_revert(scene: Scene, users: Users, two: str) -> None:
    """Git names production's version again."""
    began = time.monotonic()
    annotate(scene, None)
    scene.canary(two)
    until(lambda: scene.healthy(two), "it is healthy")
    came = users.take()
    assert failures(came) == 0
    told("revert", began, came)


def a_rollback(scene: Scene, users: Users, one: str) -> None:
    """What was production before is it again, without a judgement."""
    began = time.monotonic()
    scene.mainline("rollback", "--push")
    scene.follow()
    until(lambda: scene.healthy(one), "the one before is back")
    came = users.take()
    assert failures(came) == 0
    told("rollback", began, came)


def trouble(scene: Scene, users: Users) -> None:
    """Judge and controller die, and a pod of each side goes: users see nothing, and the canary goes on."""
    began, four = time.monotonic(), scene.version()
    stable = scene.rollout["spec"]["template"]["metadata"]["labels"]["version"]
    scene.canary(four)
    until(lambda: scene.weight == 10, "it has users")
    scene.machine.end("rollouts-controller", signal.SIGKILL)
    [judge] = scene.pods("judge")
    scene.node.kill(judge["metadata"]["name"])
    gone = [scene.pods("model", version)[0]["metadata"]["name"] for version in (stable, four)]
    scene.machine.kubectl("delete", "pod", *gone, f"--namespace={SPACE}", "--wait=false")
    time.sleep(10)
    scene.start_controller()
    until(lambda: all(ready(each) for each in scene.pods("judge")), "the judge is back")
    until(lambda: scene.step() == WAITS, "it is judged good")
    came = users.take()
    assert failures(came) == 0, came
    told("trouble", began, came)


def events(scene: Scene, version: str) -> list[str]:
    """What the ledger says of a version."""
    history = ledger.read(Project(scene.root).root)
    return [str(entry["event"]) for entry in history.deployments() if entry["version"] == version]
