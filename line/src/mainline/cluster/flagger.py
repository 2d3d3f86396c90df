"""What Flagger asks by its webhooks, which it answers to by status alone: 200 is yes, anything else is no.

Flagger posts a JSON object: `name` and `namespace` of its Canary, `phase`, `metadata` as the webhook says, and, where
it is new enough, `canaryWeight`. The canary's pods are those of the Deployment NAME, app=NAME, and production's those
of NAME-primary, app=NAME-primary; the webhook's metadata may say otherwise:

    webhooks:
      - {name: judge, type: confirm-traffic-increase, url: "http://judge:8081/flagger/confirm-traffic-increase"}
      - {name: back, type: rollback, url: "http://judge:8081/flagger/rollback"}
      - name: released
        type: confirm-promotion
        url: http://judge:8081/flagger/confirm-promotion
        metadata: {canary: "app=model", champion: "app=model-primary", share: "0.1"}

`share` stands in for canaryWeight. A canary without a share, or that was asked nothing yet, gets its first unjudged.
"""

from http import HTTPStatus
from typing import Any

from mainline.cluster.answers import Answers, Question, Said
from mainline.errors import ConfigError

ASKED = ("confirm-traffic-increase", "rollback", "confirm-promotion")
UNKNOWN = HTTPStatus.SERVICE_UNAVAILABLE
"""No, as it cannot be told."""


def answer(answers: Answers, which: str, body: dict[str, Any], namespace: str, usual: float) -> tuple[HTTPStatus, Said]:
    """A webhook's answer.

    Args:
        which: one of ASKED.
        usual: the share, where neither Flagger nor the webhook says it.

    Raises:
        ConfigError: it is no such body.
    """
    asked, weighed = question(body, namespace, usual)
    barred = answers.barred(asked.canary)
    if barred["answer"] != "next":
        return _status(which, barred), barred
    if asked.share == 0 or not (weighed or answers.counted(asked.canary)):
        unjudged = {**barred, "reason": "may go on: it has no share yet, and so nothing to be judged by"}
        return (HTTPStatus.OK if which == ASKED[0] else HTTPStatus.FORBIDDEN), unjudged
    said = answers.released(asked) if which == "confirm-promotion" else answers.judge(asked)
    return _status(which, said), said


def question(body: dict[str, Any], namespace: str, usual: float) -> tuple[Question, bool]:
    """What is asked about, and whether Flagger itself says the share.

    Raises:
        ConfigError: it is no such body.
    """
    name, metadata = body.get("name"), body.get("metadata") or {}
    if not isinstance(name, str) or not name or not isinstance(metadata, dict):
        raise ConfigError("no body as Flagger sends it: an object with name, namespace, phase and metadata")
    if body.get("namespace") != namespace:
        raise ConfigError(f"this judge reads the namespace {namespace} alone, not {body.get('namespace')!r}")
    weighed = "canaryWeight" in body
    try:
        share = float(body["canaryWeight"]) / 100 if weighed else float(metadata.get("share", usual))
    except (TypeError, ValueError):
        share = -1.0
    if not 0 <= share <= 1:
        raise ConfigError("canaryWeight must be from 0 to 100, and the metadata's share from 0 to 1")
    sides = (str(metadata.get("canary", f"app={name}")), str(metadata.get("champion", f"app={name}-primary")))
    return Question(*sides, share), weighed


def _status(which: str, said: Said) -> HTTPStatus:
    answered = said["answer"]
    yes = answered == "rollback" if which == "rollback" else answered in ("next", "promote")
    if yes:
        return HTTPStatus.OK
    return UNKNOWN if said["cause"] == "unread" else HTTPStatus.FORBIDDEN
