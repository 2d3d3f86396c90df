"""The page of `mainline run`: who answered when, on which evidence, what happened, and what the users saw."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment

from mainline import config, ledger
from mainline.canary import plot
from mainline.canary.judge import Judge
from mainline.ledger import Entry
from mainline.run import picture
from mainline.run.host import Host
from mainline.run.users import Tally

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>From merge to production, and back</title>
<style>
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem} h2{font-size:1.05rem;margin-top:2rem} table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.25rem .8rem .25rem 0;vertical-align:top;border-bottom:1px solid #8884}
.number{text-align:right;white-space:nowrap} .name{white-space:nowrap}
svg{max-width:100%;height:auto} code{font-size:.85em}
.swatch{display:inline-block;width:.8em;height:.8em;border-radius:2px}
</style></head><body>
<h1>From merge to production, and back</h1>
<ul>{% for each in told %}<li>{{ each }}</li>{% endfor %}</ul>
<h2>Who answered, and on which evidence</h2>
{{ timeline|safe }}
<h2>What the users saw</h2>
<table><tr><th>version</th><th></th><th class="number">answers</th><th class="number">labelled</th>
<th class="number">of these wrong</th></tr>
{% for v in versions %}<tr>
<td class="name"><span class="swatch" style="background:{{ v.colour }}"></span> {{ v.name }}</td>
<td><code>{{ v.version }}</code></td><td class="number">{{ "{:,}".format(v.answers) }}</td>
<td class="number">{{ "{:,}".format(v.labelled) }}</td>
<td class="number">{{ "{:.1%}".format(v.wrong / v.labelled) if v.labelled else "" }}</td></tr>{% endfor %}</table>
<h2>What happened</h2>
<table><tr><th class="number">s</th><th>event</th><th>version</th><th>why</th></tr>
{% for e in events %}<tr><td class="number">{{ "%.0f"|format(e.second) }}</td><td class="name">{{ e.what }}</td>
<td class="name">{{ e.name }}</td><td>{{ e.why }}</td></tr>{% endfor %}</table>
{% for name, drawn in evidence %}<h2>The evidence about {{ name }}</h2>{{ drawn|safe }}{% endfor %}
</body></html>
"""


def write(path: Path, root: Path, host: Host, told: Sequence[str], tally: Tally) -> None:
    """Write the page.

    Args:
        root: the project whose ledger holds the events.
        told: what became of each proposal, a sentence each.
    """
    settings, past = config.canary(root), ledger.read(root).deployments()
    judges = {version: Judge.from_state(settings, state) for version, state in host.evidence.items()}
    colours = dict(zip(host.names, picture.COLOURS, strict=False))
    harm = {
        version: [(point.time - host.began, point.harm) for point in judge.points] for version, judge in judges.items()
    }
    page = Environment(autoescape=True).from_string(PAGE)
    text = page.render(
        told=told,
        timeline=picture.timeline(host.samples, harm, _marks(past, host), colours, settings.alpha),
        versions=[
            {
                "version": version,
                "name": host.names[version],
                "colour": colour,
                "answers": tally.answered[version],
                "labelled": tally.labelled[version],
                "wrong": tally.wrong[version],
            }
            for version, colour in colours.items()
        ],
        events=[_event(entry, host) for entry in past],
        evidence=[
            (host.names.get(version, version), plot.draw(judge.points, settings, _end(past, version)))
            for version, judge in judges.items()
        ],
    )
    path.write_text(text, encoding="utf-8")


def _marks(past: Sequence[Entry], host: Host) -> list[picture.Mark]:
    """The events that end a candidate's way."""
    return [
        picture.Mark(_second(entry, host), entry["event"], entry["version"])
        for entry in past
        if entry["event"] in ("promoted", "rolled back", "failed")
    ]


def _event(entry: Entry, host: Host) -> dict[str, object]:
    share = f" at {entry['share']:.0%}" if entry["event"] in ("canary", "releasing") and entry["share"] else ""
    return {
        "second": _second(entry, host),
        "what": f"{entry['event']}{share}",
        "name": host.names.get(entry["version"], entry["version"]),
        "why": entry["reason"],
    }


def _second(entry: Entry, host: Host) -> float:
    return datetime.fromisoformat(entry["time"]).timestamp() - host.began


def _end(past: Sequence[Entry], version: str) -> str:
    """Why a candidate went where it went."""
    return next((str(entry["reason"]) for entry in reversed(past) if entry["version"] == version), "")
