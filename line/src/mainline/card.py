"""dvc.lock and the cards, which `mainline lock` keeps current: are they those of this tree?"""

import hashlib
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from mainline import searched
from mainline.project import Project
from mainline.tools import commits, dvc

CARD = Path("models/card.md")
OF_DATA = (Path("data/card.md"), Path("data/croissant.json"))
CARDS = (CARD, *OF_DATA)
SEEN = Path(".mainline/card")  # what the last cards were written from
KEPT = (dvc.LOCK, *map(str, CARDS))
LINEAGE = {
    "data": "data/raw.parquet",
    "training rows": "data/train.parquet",
    "sealed rows": "data/sealed/features.parquet",
    "model": "models/model.skops",
}


def stale(project: Project) -> str | None:
    """The first card that is not that of the tree's model and table; None where all are."""
    return next((str(path) for path, text in texts(project).items() if _content(project / path) != text), None)


def changed(project: Project) -> list[str]:
    """The files among dvc.lock and the cards that differ from HEAD."""
    return [path for path in project.dirty() if path in KEPT]


def refresh(project: Project) -> None:
    """Write each card that is not as it is to stand, and what they were made from."""
    for path, text in texts(project).items():
        if _content(project / path) != text:
            (project / path).parent.mkdir(parents=True, exist_ok=True)
            write(project / path, text)
    (project / SEEN).parent.mkdir(exist_ok=True)
    write(project / SEEN, sources(project))


def write(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    commits.write(path, text.encode())


def seen(project: Project) -> bool:
    """Whether the cards were written from all that stands here now; writing them takes longer than all else."""
    there = all((project / path).exists() for path in (*CARDS, SEEN))
    return there and (project / SEEN).read_text() == sources(project)


def sources(project: Project) -> str:
    """A hash of what the cards are made from, the code among it, and of the cards."""
    code = [*filter(Path.exists, [project / searched.PATH]), *sorted(Path(__file__).parent.rglob("*.py"))]
    made_from = hashlib.sha256()
    for path in (project / "params.yaml", project / dvc.LOCK, *(project / card for card in CARDS), *code):
        made_from.update(hashlib.sha256(path.read_bytes()).digest())
    return made_from.hexdigest()


def texts(project: Project) -> Mapping[Path, str]:
    """The cards of the model and of the table in the tree, as they are to stand."""
    from mainline.report import croissant, data_card, dataset  # with pyarrow, which a refusal need not wait for

    about = dataset.read(project)
    return dict(zip(CARDS, (text(project), data_card.text(about), croissant.text(about)), strict=True))


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
    gate, words, search = project.gate, project.card, searched.read(project)
    chosen = searched.chose(search, project)
    return card(
        side,
        lineage=lineage,
        searched=searched.told(search, pinned.get(searched.ROWS)) if chosen else (),
        slices=gate.slices,
        sensitive=gate.sensitive,
        intended_use=words.intended_use,
        limits=words.limits,
    )


def committing(paths: Sequence[str]) -> str:
    """The command that commits files, new ones, too, to be pasted as it stands."""
    return f"git add {shlex.join(paths)} && git commit --message 'Build the model'"


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
