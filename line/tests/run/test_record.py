"""What a run has shown is kept, and what it has not shown is not claimed."""

from pathlib import Path

from line.tests.doctor.score.made import MODEL, Made
from mainline.doctor.score import rehearsal
from mainline.project import Project
from mainline.run import record
from mainline.run.outcome import Came, Outcome
from mainline.run.record import Began

TOLD = [
    Outcome("better-model", "certified and merged", "shown"),
    Outcome("better-model", "in production as v1.0.0; judged at each step", "shown"),
    Outcome("faster-input", "rolled back; labels", "shown"),
    Outcome("audit-trail", "rolled back; latency", "shown"),
    Outcome("worse-model", "not certified, not merged", "shown"),
]


def test_all_acts_that_were_shown_are_kept() -> None:
    """Gate, canary, rollback and latency of the releases; drift, labels and retraining of the loop."""
    found = dict(record.shown(TOLD, Came(drifted=40, worse=45, retrained=True)))
    assert set(found) == {"gate", "canary", "rollback", "latency", "drift", "labels", "retraining"}
    assert found["canary"].startswith("better-model: in production as v1.0.0")


def test_what_was_open_or_wrong_is_not_claimed() -> None:
    """A release that was held, a latency that nobody saw, a world that did not change."""
    told = [
        Outcome("same-model", "held, and was to get into production", "wrong"),
        Outcome("faster-input", "rolled back; labels", "shown"),
        Outcome("audit-trail", "held, and was to be rolled back", "wrong"),
        Outcome("worse-model", "the champion's own model, so there was nothing to refuse", "open"),
    ]
    assert set(dict(record.shown(told, Came()))) == {"rollback"}


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    """It fits the model and service that were played, and no others; a file that is none is no rehearsal."""
    made = Made(tmp_path)
    made.commit()
    project = Project(tmp_path)
    record.keep(project, Began(project.commit_of("HEAD"), MODEL, 214, 40.04), TOLD, Came())
    found = rehearsal.read(project)
    assert found
    assert (found.answers, found.seconds, found.unmeant, found.fits(project)) == (214, 40.0, "", True)
    made.write("src/service/app.py", "other = True")
    assert not found.fits(project)
    made.write(str(rehearsal.FILE), "[]")
    assert rehearsal.read(project) is None
