"""What Flagger is answered by status: 200 is yes, all else is no."""

from typing import Any

import httpx
import pytest

from line.tests.cluster.stage import Stage
from line.tests.host.hosts import release
from mainline.cluster.serve import Service
from mainline.tools import http

BODY = {"name": "model", "namespace": "shop", "phase": "Progressing", "canaryWeight": 10, "metadata": {}}
INCREASE, BACK, PROMOTE = "confirm-traffic-increase", "rollback", "confirm-promotion"


def post(service: Service, stage: Stage, which: str, **more: Any) -> int:
    """The status of a webhook; of each question one look."""
    for pair in service._evidence.pairs.values():
        pair.looked = 0.0
    return http.client().post(f"{stage.address(service)}/flagger/{which}", json={**BODY, **more}).status_code


@pytest.fixture
def service(stage: Stage) -> Service:
    """A judge of Flagger's Deployments, which has heard of them, and has read git since."""
    for pod, app in zip(stage.pods, ("model-primary", "model"), strict=True):
        pod.more = {"app": app}
    made = stage.judge()
    assert post(made, stage, INCREASE) == 503
    stage.round(made)
    return made


def test_a_good_canary_gets_more(service: Service, stage: Stage) -> None:
    """But not before that is shown, and production not before git names it."""
    assert (post(service, stage, INCREASE), post(service, stage, BACK)) == (403, 403)
    stage.serve((stage.pods[0], 90_000, 0), (stage.pods[1], 10_000, 0))
    assert [post(service, stage, each) for each in (INCREASE, BACK, PROMOTE)] == [200, 403, 403]
    stage.want(production=release("b"))
    stage.round(service)
    assert [post(service, stage, each) for each in (INCREASE, BACK, PROMOTE)] == [200, 403, 200]


def test_a_bad_canary_goes_back(service: Service, stage: Stage) -> None:
    """And its version is barred: another try of it goes back before it has a share."""
    post(service, stage, BACK)
    stage.serve((stage.pods[0], 900, 0), (stage.pods[1], 50, 50))
    assert [post(service, stage, each) for each in (BACK, INCREASE, PROMOTE)] == [200, 403, 403]
    stage.round(service)
    assert stage.events() == [("promoted", "a"), ("rolled back", "b")]
    assert post(service, stage, BACK, canaryWeight=0) == 200
    assert post(service, stage, INCREASE, canaryWeight=0) == 403


def test_the_first_share_is_given_unjudged(service: Service, stage: Stage) -> None:
    """There is nothing to be judged by; without canaryWeight, as long as nobody has asked the canary anything."""
    assert post(service, stage, INCREASE, canaryWeight=0) == 200
    assert post(service, stage, PROMOTE, canaryWeight=0) == 403
    older = {name: value for name, value in BODY.items() if name != "canaryWeight"}
    address = f"{stage.address(service)}/flagger/{INCREASE}"
    assert httpx.post(address, json=older).status_code == 200
    stage.serve((stage.pods[1], 1, 0))
    assert httpx.post(address, json=older).status_code == 403


def test_a_judge_that_does_not_know_says_no(service: Service, stage: Stage) -> None:
    """Neither on nor back."""
    stage.down = True
    assert [post(service, stage, each) for each in (INCREASE, BACK, PROMOTE)] == [503] * 3


def test_the_sides_may_be_named_otherwise(service: Service, stage: Stage) -> None:
    """By labels in the webhook's metadata."""
    for pod, app in zip(stage.pods, ("old", "new"), strict=True):
        pod.more = {"app": app}
    assert post(service, stage, INCREASE) == 503
    metadata = {"canary": "app=new", "champion": "app=old"}
    assert post(service, stage, INCREASE, metadata=metadata) == 503
    stage.round(service)
    assert post(service, stage, INCREASE, metadata=metadata) == 403


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "no body as Flagger sends it"),
        ({**BODY, "name": 3}, "no body as Flagger sends it"),
        ({**BODY, "namespace": "other"}, "reads the namespace shop alone"),
        ({**BODY, "canaryWeight": 101}, "canaryWeight must be"),
        ({**BODY, "canaryWeight": "much"}, "canaryWeight must be"),
        ({**BODY, "metadata": []} | {"metadata": "x"}, "no body as Flagger sends it"),
        ([], "expected a JSON object"),
        ("x" * 70_000, "at most 64,000 bytes"),
    ],
)
def test_another_body_is_refused(body: Any, said: str, stage: Stage) -> None:
    """With status 400, and why."""
    answer = httpx.post(f"{stage.address(stage.judge(read=False))}/flagger/{BACK}", json=body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_another_hook_is_not_there(stage: Stage) -> None:
    """With those there are."""
    answer = httpx.post(f"{stage.address(stage.judge(read=False))}/flagger/confirm-rollout", json=BODY)
    assert (answer.status_code, "confirm-traffic-increase" in answer.text) == (404, True)
