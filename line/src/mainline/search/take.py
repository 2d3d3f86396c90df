"""Takes a trial of the last search into params.yaml, and keeps in models/search.json what it was chosen from."""

import datetime
import json
from typing import Any

from mainline import searched
from mainline.errors import ConfigError
from mainline.project import PARAMS, Project
from mainline.search import found as finding
from mainline.search import writing
from mainline.search.found import Found
from mainline.tools import commits


def take(project: Project, found: Found, number: int | None) -> dict[str, Any]:
    """Write a trial into the section `train`, and what is known of it beside the model; answer the latter.

    Raises:
        ConfigError: there is no such trial, or params.yaml cannot be changed.
    """
    trial = finding.trial(found, number)
    said = {**trial["train"], "params": with_numbers(trial["train"]["params"])}
    text = (project / PARAMS).read_bytes().decode("utf-8")  # as it is: read_text would take each \r\n for \n
    made = writing.with_train(text, said)
    kept = about(found, trial, datetime.date.today())
    try:
        with commits.or_as_before(project.root, PARAMS, searched.PATH, branch=False):
            commits.write(project / PARAMS, made.encode())
            commits.write(project / searched.PATH, (json.dumps(kept, ensure_ascii=False, indent=1) + "\n").encode())
    except OSError as error:
        raise ConfigError(f"{error.filename or searched.PATH}: {error.strerror or error}") from None
    return kept


def about(found: Found, trial: finding.Trial, day: datetime.date) -> dict[str, Any]:
    """What models/search.json says: which search it was, how much was tried, and what was taken."""
    return {
        "date": day.isoformat(),
        "metric": found["metric"],
        "score": trial["score"],
        "se": trial["se"],
        "trials": len(found["trials"]),
        "minutes": found["minutes"],
        "budget": found["budget"],
        "folds": found["folds"],
        "train_rows": found["train_rows"],
        "models": found["models"],
        "train": trial["train"],
    }


def with_numbers(said: Any) -> Any:
    """With whole numbers as the keys of mappings, as in class_weight, which JSON made into words."""
    if not isinstance(said, dict):
        return said
    return {int(key) if str(key).isdecimal() else key: with_numbers(value) for key, value in said.items()}
