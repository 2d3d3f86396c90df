"""`mainline judge`: whether the canary may go on, by what both sides counted."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import click

from mainline import ui
from mainline.commands.options import FILE, json_option
from mainline.errors import ConfigError
from mainline.project import Project

ONCE = ("canary", "champion", "share", "plot", "once", "as_json")
SERVED = ("remote", "name", "namespace", "port", "rollout")


@click.command("judge")
@click.option("--canary", metavar="URL", help="The canary's address, such as http://127.0.0.1:3002.")
@click.option("--champion", metavar="URL", help="The address of what is in production.")
@click.option("--share", type=click.FloatRange(0, 1), help="The canary's share of the users. [default: canary.share]")
@click.option("--prometheus", metavar="URL", help="Ask this server for their series instead of the two themselves.")
@click.option(
    "--state", type=click.Path(path_type=Path), help="Keep the evidence here, and go on from it; --serve: a folder."
)
@click.option("--plot", type=FILE, help="Draw the evidence over time, as SVG.")
@click.option(
    "--interval",
    type=click.FloatRange(0.1),
    help="Seconds between looks. [default: canary.interval; with --serve, of git: 10]",
)
@click.option("--once", is_flag=True, help="Look once, and answer; needs --state.")
@json_option
@click.option("--serve", metavar="[HOST]:PORT", help="In a Kubernetes cluster: answer over HTTP, for ever; see above.")
@click.option("--remote", help="--serve: the repository whose default branch says what to run. [default: origin]")
@click.option("--name", help="--serve: the cluster's name in the ledger. [default: cluster]")
@click.option("--namespace", help="--serve: where the model's pods are. [default: where this runs]")
@click.option("--port", type=click.IntRange(1, 65535), help="--serve: where each pod's /metrics is. [default: 3000]")
@click.option("--rollout", metavar="NAME", help="--serve: the model's Rollout. [default: the only one there]")
def verb(as_json: bool, serve: str | None, **what: Any) -> None:
    """Say whether the canary may go on, by what both sides counted.

    Looks again and again until there is an answer. Which signals count, and how much, says params.yaml's
    section canary. With --prometheus, a side may also be the labels of its series: '{job="canary"}'.

    \b
    Exit codes: 0  promote: it is shown to be as good, at the last share
                5  next: the same at this share; raise it, and ask again with the same --state
                4  hold: not yet, or a person must decide
                6  pause: give it no share; it refuses what production takes, and a person must decide
                3  rollback: it is worse
                2  usage

    With --serve it is the judge of a Kubernetes cluster (KUBECONFIG, or the pod's service account), which Argo
    Rollouts asks, or Flagger: it reads git as the agent does, finds the pods of both sides by their labels, and writes
    rollbacks and promotions into the ledger. It needs --state FOLDER.

    \b
    GET  /judge?canary=HASH&stable=HASH&share=0.1      {"answer": "promote|next|hold|pause|rollback", "reason": ...}
    GET  /released?canary=HASH&stable=HASH&share=0.1   next once deploy/production.env names the canary's version
    GET  /barred?canary=HASH                           rollback where that version must not be started; else next
    GET  /                                             what it knows; also /healthz and /readyz
    POST /flagger/confirm-traffic-increase, /flagger/rollback, /flagger/confirm-promotion
    """
    given = {name for name, value in {**what, "as_json": as_json}.items() if value not in (None, False)}
    if serve is not None:
        return _serve(serve, given, what)
    if astray := [name for name in SERVED if name in given]:
        raise ConfigError(f"--{astray[0]}: only with --serve")
    if missing := [name for name in ("canary", "champion") if name not in given]:
        raise ConfigError(f"--{missing[0]}: needed; the address of that side, or --serve [HOST]:PORT in a cluster")
    if what["state"] and what["state"].is_dir():
        raise ConfigError(f"--state {what['state']}: is a directory; it needs a file, but for --serve")
    _watch(as_json, {name: value for name, value in what.items() if name not in SERVED})


def _watch(as_json: bool, what: dict[str, Any]) -> None:
    from mainline.canary import watch

    settings = Project.here().canary
    usual: dict[str, Any] = {"share": settings.share, "interval": settings.interval}
    asked: dict[str, Any] = {name: usual.get(name) if value is None else value for name, value in what.items()}
    opinion = watch.watch(
        settings,
        watch.Watch(**asked),
        lambda opinion: ui.say(json.dumps(opinion.as_dict()) if as_json else watch.line(opinion)),
    )
    sys.exit(watch.EXIT[opinion.answer])


def _serve(serve: str, given: set[str], what: dict[str, Any]) -> None:
    from mainline.cluster import serve as cluster
    from mainline.commands.agent import origin

    if astray := [name for name in ONCE if name in given]:
        raise ConfigError(f"--{astray[0].replace('as_', '')}: not with --serve, which is asked about sides over HTTP")
    if what["state"] is None:
        raise ConfigError("--serve needs --state FOLDER, where it keeps the evidence and what it knows of git")
    if what["state"].is_file():
        raise ConfigError(f"--state {what['state']}: a file; --serve needs a folder")
    named = {name: what[name] for name in (*SERVED[1:], "prometheus", "interval") if what[name] is not None}
    cluster.run(cluster.Options(_address(serve), what["state"].resolve(), what["remote"] or origin(), **named))


def _address(text: str) -> tuple[str, int]:
    found = re.fullmatch(r"(?:(?P<host>[^:\[\]/\s]*)|\[(?P<six>[0-9A-Fa-f:.]+)\]):(?P<port>[0-9]{1,5})", text)
    if not found or int(found["port"]) > 65535:
        raise ConfigError(f"--serve {text}: no address to listen at; write it as :8081 or 127.0.0.1:8081")
    return found["host"] or found["six"] or "", int(found["port"])
