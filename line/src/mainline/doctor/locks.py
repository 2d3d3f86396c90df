"""Are dvc.lock and the cards those of this tree?"""

from collections.abc import Iterator

from mainline import card
from mainline.doctor.finding import FINE, NOT_ASKED, WARNING, WRONG, Finding
from mainline.project import Project
from mainline.tools import dvc

MEND = "mainline lock"
NAMED = " and ".join((str(card.CARD), "data/card.md"))
CARD = "cards"


def look(project: Project) -> Iterator[Finding]:
    """What would be built, then whether the cards are those of the model and its table."""
    pinned = _pinned(project)
    yield pinned
    if pinned.state == WRONG:
        yield Finding(CARD, NOT_ASKED, f"{NAMED}: dvc.lock comes first", MEND)
    elif absent := [path for path in project.lock.outputs if not (project / path).exists()]:
        said = f"{NAMED}: not compared, for {absent[0]} is not here"
        yield Finding(CARD, NOT_ASKED, said, "mainline outputs restore")
    elif wrong := card.stale(project):
        yield Finding(CARD, WRONG, f"{wrong} is not that of this model and its table", MEND)
    elif kept := card.changed(project):
        said = f"{' and '.join(kept)}: current, and not committed"
        yield Finding(CARD, WARNING, said, card.committing(kept))
    else:
        yield Finding(CARD, FINE, f"{NAMED} are those of the model and its table")


def _pinned(project: Project) -> Finding:
    if not project.lock:
        return Finding(dvc.LOCK, WRONG, "not here: no model was built yet", MEND)
    stages = dvc.stale(project.root, absent=True)
    if stages:
        return Finding(dvc.LOCK, WRONG, f"not current: {', '.join(stages[:3])}", MEND)
    return Finding(dvc.LOCK, FINE, "says what this tree builds")
