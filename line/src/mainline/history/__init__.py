"""`mainline history`: what the ledger holds, as a table; and what was in production when."""

import datetime

from mainline import ledger, ui
from mainline.errors import ConfigError
from mainline.monitor.profiles import branch
from mainline.project import Project

HEAD = ("", "when (UTC)", "decision", "verdict", "condition", "challenger", "champion")


def rows(project: Project) -> list[tuple[str, ...]]:
    """The gate's decisions and the events of hosts, oldest first, as cells.

    Raises:
        Refused: the ledger is not as it was written.
    """
    return [cells(entry) for entry in ledger.read(project.root).entries]


def cells(entry: ledger.Entry) -> tuple[str, ...]:
    """An entry under HEAD."""
    return CELLS.get(entry["kind"], _another)(entry)


def show(project: Project) -> None:
    """Print the ledger."""
    if found := rows(project):
        ui.table(HEAD, found)
    else:
        ui.say("no decision has been taken yet")


def show_lived(project: Project) -> None:
    """Print what each version promised, and what labels said of it; nothing where none came."""
    if not branch.tip(project.root):
        return
    from mainline.monitor import lived

    if found := lived.lived(project):
        ui.heading("on the dev rows, and in production")
        ui.table(lived.HEAD, [each.cells() for each in found])
        if said := lived.agreement(found):
            ui.say(said)


def at(project: Project, when: str) -> ledger.Entry | None:
    """The event since which production was what it was at a time; None where nothing was in production then.

    Args:
        when: as ISO 8601 writes it; without a time zone it is this machine's.

    Raises:
        ConfigError: it is no time.
        Refused: the ledger is not as it was written.
    """
    try:
        asked = datetime.datetime.fromisoformat(when).astimezone(datetime.UTC)
    except ValueError:
        raise ConfigError(f"--at {when}: no time; write it as 2026-03-01T12:00, or with +01:00 behind") from None
    found = None
    for entry in ledger.read(project.root).deployments():
        if datetime.datetime.fromisoformat(entry["time"]) > asked:
            break
        if entry["production"] and (found is None or found["production"] != entry["production"]):
            found = entry
    return found


def show_at(project: Project, when: str) -> None:
    """Print what was in production at a time."""
    if entry := at(project, when):
        ui.say(f"{entry['production']}, {entry['event']} at {_time(entry)}: {entry['reason'] or 'no reason given'}")
    else:
        ui.say("nothing was in production then")


def _decision(entry: ledger.Entry) -> tuple[str, ...]:
    return (
        str(entry["n"]),
        _time(entry),
        f"{entry['t']} of set {entry['generation']}",
        entry["verdict"],
        entry["condition"],
        entry["challenger"]["model"][:8],
        entry["champion"]["model"][:8] if entry["champion"] else "none",
    )


def _retraining(entry: ledger.Entry) -> tuple[str, ...]:
    which, of = f"retraining {entry['number']}", f"{entry['condition']}; {entry['trigger']['why']}"
    models = (entry[side]["model"][:8] for side in ("challenger", "champion"))
    return str(entry["n"]), _time(entry), which, entry["verdict"], of, *models


def _event(entry: ledger.Entry) -> tuple[str, ...]:
    share = f" {entry['share']:.0%}" if entry["event"] in ("canary", "releasing") and entry["share"] else ""
    return (
        str(entry["n"]),
        _time(entry),
        f"on {entry['host']}" if "host" in entry else "on a host",
        f"{entry['event']}{share}",
        entry["reason"],
        _model(entry["version"]),
        _model(entry["production"]) if entry["production"] else "none",
    )


def _accepted(entry: ledger.Entry) -> tuple[str, ...]:
    model = _model(entry["version"])
    return str(entry["n"]), _time(entry), "of a person", "accepted", entry["why"], "", model


def _alarm(entry: ledger.Entry) -> tuple[str, ...]:
    model = _model(entry["version"])
    return str(entry["n"]), _time(entry), "of the monitor", f"alarm: {entry['alarm']}", entry["why"], "", model


def _another(entry: ledger.Entry) -> tuple[str, ...]:
    """Of a later version of the line."""
    return str(entry["n"]), _time(entry), "", str(entry["kind"]), "", "", ""


CELLS = {
    **{"decision": _decision, "retrain": _retraining, "deployment": _event},
    **{"accepted": _accepted, "alarm": _alarm},
}


def _model(version: str) -> str:
    """The part of a version, COMMIT12-MODEL8, that names the model, as the gate's rows do."""
    return version.rpartition("-")[2][:8]


def _time(entry: ledger.Entry) -> str:
    return str(entry["time"])[:16].replace("T", " ")
