"""dvc.lock and models/card.md, which `mainline lock` keeps current: are they those of this tree?"""

import hashlib
import shlex
from collections.abc import Sequence
from pathlib import Path

from mainline.project import Project
from mainline.tools import commits, dvc

CARD = Path("models/card.md")
SEEN = Path(".mainline/card")  # what the last card was written from
KEPT = (dvc.LOCK, str(CARD))
LINEAGE = {
    "data": "data/raw.parquet",
    "training rows": "data/train.parquet",
    "sealed rows": "data/sealed/features.parquet",
    "model": "models/model.skops",
}


def is_current(project: Project) -> bool:
    """Whether the card is that of the model in the tree."""
    return (project / CARD).exists() and (project / CARD).read_text(encoding="utf-8") == text(project)


def changed(project: Project) -> list[str]:
    """The files among dvc.lock and models/card.md that differ from HEAD."""
    return [path for path in project.dirty() if path in KEPT]


def write(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    commits.write(path, text.encode())


def seen(project: Project) -> bool:
    """Whether the card was written from all that stands here now; writing it takes longer than all else."""
    return (project / CARD).exists() and (project / SEEN).exists() and (project / SEEN).read_text() == sources(project)


def sources(project: Project) -> str:
    """A hash of what the card is made from, the code among it, and of the card."""
    code = sorted(Path(__file__).parent.rglob("*.py"))
    made_from = hashlib.sha256()
    for path in (project / "params.yaml", project / dvc.LOCK, project / CARD, *code):
        made_from.update(hashlib.sha256(path.read_bytes()).digest())
    return made_from.hexdigest()


def text(project: Project) -> str:
    """The card of the model in the tree, as it is to stand."""
    from mainline.report.card import card  # with pandas, which a refusal need not wait for
    from mainline.report.side import read_side

    side = read_side(project, "challenger", "working tree")
    pinned = project.lock.outputs
    lineage = {name: f"md5 {pinned[path]}" for name, path in LINEAGE.items() if path in pinned}
    settings = project.params.get("train") or {}
    for name, value in (settings.get("params") or {}).items():
        lineage[f"parameter {name}"] = str(value)
    gate, words = project.gate, project.card
    return card(
        side,
        lineage=lineage,
        slices=gate.slices,
        sensitive=gate.sensitive,
        intended_use=words.intended_use,
        limits=words.limits,
    )


def committing(paths: Sequence[str]) -> str:
    """The command that commits files, new ones, too, to be pasted as it stands."""
    return f"git add {shlex.join(paths)} && git commit --message 'Build the model'"
