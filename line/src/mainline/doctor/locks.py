"""Are dvc.lock and models/card.md those of this tree?"""

from collections.abc import Iterator

from mainline import card
from mainline.doctor.finding import FINE, NOT_ASKED, WARNING, WRONG, Finding
from mainline.project import Project
from mainline.tools import dvc

MEND = "mainline lock"
CARD = "model card"


def look(project: Project) -> Iterator[Finding]:
    """What would be built, then whether the card is that of the model."""
    pinned = _pinned(project)
    yield pinned
    if pinned.state == WRONG:
        yield Finding(CARD, NOT_ASKED, f"{card.CARD}: dvc.lock comes first", MEND)
    elif absent := [path for path in project.lock.outputs if not (project / path).exists()]:
        said = f"{card.CARD}: not compared, for {absent[0]} is not here"
        yield Finding(CARD, NOT_ASKED, said, "mainline outputs restore")
    elif not card.is_current(project):
        yield Finding(CARD, WRONG, f"{card.CARD} is not the card of this model", MEND)
    elif kept := card.changed(project):
        said = f"{' and '.join(kept)}: current, and not committed"
        yield Finding(CARD, WARNING, said, card.committing(kept))
    else:
        yield Finding(CARD, FINE, f"{card.CARD} is that of the model")


def _pinned(project: Project) -> Finding:
    if not project.lock:
        return Finding(dvc.LOCK, WRONG, "not here: no model was built yet", MEND)
    stages = dvc.stale(project.root, absent=True)
    if stages:
        return Finding(dvc.LOCK, WRONG, f"not current: {', '.join(stages[:3])}", MEND)
    return Finding(dvc.LOCK, FINE, "says what this tree builds")
