"""What the last search found: .mainline/search.json, which the pipeline writes."""

import json
from collections.abc import Mapping
from typing import Any

from mainline.errors import ConfigError, StaleLock
from mainline.project import Project
from mainline.tools import dvc

FOUND, ROWS, DEV = ".mainline/search.json", "data/train.parquet", "metrics/dev.json"
STAGES = ("ingest", "clean", "validate", "label", "split")
"""Those that the training rows come from."""
KEYS = frozenset({"train_rows", "metric", "best", "named", "trials", "minutes", "budget", "folds", "models"})
"""What `--take` reads of it."""
Found = Mapping[str, Any]
Trial = Mapping[str, Any]


def require_rows(project: Project) -> list[str]:
    """Refuse to search rows that are not those of this tree; answer what else is not current.

    Raises:
        ConfigError: nothing is built.
        StaleLock: they are another tree's.
    """
    if ROWS not in project.lock.outputs:
        raise ConfigError(f"{ROWS}: nothing is built yet; run `mainline lock`")
    stale = dvc.stale(project.root, absent=True)
    if of_rows := [each for each in stale if each.startswith(tuple(f"{stage} (" for stage in STAGES))]:
        raise StaleLock(f"{ROWS} is not current: {', '.join(of_rows[:3])}; run `mainline lock`")
    return list(stale)


def read(project: Project) -> Found:
    """The last search in this tree.

    Raises:
        ConfigError: there was none, or what it wrote cannot be read.
        StaleLock: it was of other rows.
    """
    try:
        found: Found = json.loads((project / FOUND).read_text(encoding="utf-8"))
        rows = dvc.md5(project / ROWS)
    except FileNotFoundError:
        raise ConfigError(f"{FOUND}: no search was here yet; run `mainline search`") from None
    except OSError as error:
        raise ConfigError(f"{FOUND}: cannot be read ({error.strerror}); delete it, and run `mainline search`") from None
    except ValueError:
        found = {}
    if not isinstance(found, dict) or not found.keys() >= KEYS:
        raise ConfigError(f"{FOUND}: damaged; `mainline search` writes it anew")
    if found["train_rows"] != rows:
        raise StaleLock(f"{FOUND}: of other training rows than {ROWS}; run `mainline search`")
    for path, content in (found.get("files") or {}).items():
        if not (project / path).is_file() or dvc.md5(project / path) != content:
            raise StaleLock(f"{FOUND}: of another {path} than is here; run `mainline search`")
    return found


def trial(found: Found, number: int | None) -> Trial:
    """The trial of a number, or the one that the search names.

    Raises:
        ConfigError: there is none such, or it failed.
    """
    wanted = found["named"] if number is None else number
    each = next((each for each in found["trials"] if each["number"] == wanted), None)
    if wanted is None:
        raise ConfigError("no trial came to a score; report/search.html says why")
    if each is None:
        last = found["trials"][-1]["number"]
        raise ConfigError(f"--take {wanted}: the search has no trial of this number; its last is {last}")
    if each["score"] is None:
        raise ConfigError(f"--take {wanted}: this trial failed ({each['reason']}); take another")
    return dict(each)


def dev(project: Project, found: Found) -> float | None:
    """The metric on the dev rows, of the model that is built: today's `train`; None where it says nothing of it."""
    try:
        value = json.loads((project / DEV).read_text(encoding="utf-8")).get(found["metric"])
    except (FileNotFoundError, ValueError):
        return None
    return None if value is None else float(value)


def name(each: Trial) -> str:
    """The estimator's class."""
    return str(each["train"]["estimator"].rpartition(".")[2])
