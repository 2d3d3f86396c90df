"""What a source brings on the sealed side judges a retraining, and never joins people's sealed set."""

from pathlib import Path

import pandas as pd
import pytest

from line.tests.projects import commit_all, edit
from mainline import ledger
from mainline.commands import lock
from mainline.errors import ConfigError
from mainline.gate import signature
from mainline.project import Lock, Project
from mainline.stream import files, forms, take

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_cache")]


def ids(project: Project, path: str) -> set[str]:
    """The row ids of a table."""
    return set(pd.read_parquet(project / path)["row_id"])


def test_new_sealed_rows_of_the_source_judge_a_retraining(project: Path) -> None:
    """As dev rows under ids that say so, with their cells and labels; the sealed set is main's. Twice is once."""
    before = Project(project)
    sealed, base = ids(before, "data/sealed/labels.parquet"), before.lock
    edit(project, data={"rows": None})
    grown = lock.refresh(before.again())
    new = ids(grown, "data/sealed/labels.parquet") - sealed
    truth = pd.read_parquet(grown / "data/sealed/labels.parquet").set_index("row_id")["target"]
    assert len(new) > 70
    assert take.from_source(grown, base, 3) == len(new)
    made = lock.refresh(grown.again())
    assert ids(made, "data/sealed/labels.parquet") == sealed
    dev = pd.read_parquet(made / "data/dev.parquet").set_index("row_id")
    assert {f"asked:3:{each}" for each in new} == {each for each in dev.index if each.startswith("asked:")}
    assert {each: dev["target"][f"asked:3:{each}"] for each in new} == truth[list(new)].to_dict()
    assert not new & ids(made, "data/train.parquet")
    assert take.from_source(made, base, 4) == 0
    commit_all(project, "Retrain")


def test_where_nobody_knows_who_judged_the_last_one_the_source_asks_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its rows count as those of the last one: each judges once."""
    base = Project(project).lock
    line = {"kind": "retrain", "number": 1, "until": "", "stream": "0" * 32}
    assert ledger.append(project, ledger.read(project), line)
    edit(project, data={"rows": None})
    grown = lock.refresh(Project(project))
    count = take.from_source(grown, base, 2)
    assert (
        f"so none of the {count} new rows of the source on the sealed side judges this one" in capsys.readouterr().err
    )
    asked = pd.read_parquet(project / files.ROWS)["row_id"]
    assert len(asked) == count
    assert asked.str.startswith("asked:1:").all()
    assert take.from_source(lock.refresh(grown.again()), base, 2) == 0


def test_what_production_does_not_tell_the_source_does_not_add(project: Path) -> None:
    """Columns that the model does not read stay out, as they are out of the records; but the group, which split needs.

    Else no row of production would be known as a copy of the source's any longer.
    """
    built = Project(project)
    about = signature.read(built)
    read, unread = set(forms.features(about)), {each["name"] for each in about["columns"] if each["kind"] == "ignored"}
    one, *others = sorted(unread & set(pd.read_parquet(built / take.FEATURES).columns))
    edit(project, split={"group": one})
    chosen = ids(built, take.LABELS)
    told = set(take._sealed(built.again(), chosen).column_names)
    assert others
    assert told == {"row_id", "_day", "target", one, *read}


def test_a_source_that_brings_nothing_asks_nothing(project: Path) -> None:
    """Nothing is written; and without main's sealed rows nobody could tell what is new."""
    here = Project(project)
    assert take.from_source(here, here.lock, 1) == 0
    assert not (here / "data/stream/rows.parquet").exists()
    text = (here.lock.text or "").replace(here.lock.outputs[take.LABELS], "0" * 32)
    with pytest.raises(ConfigError, match=r"main's data/sealed/labels\.parquet is in no cache and no remote"):
        take.from_source(here, Lock(text), 1)
