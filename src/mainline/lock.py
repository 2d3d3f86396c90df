"""`mainline lock`: rebuilds what changed, and brings dvc.lock and models/card.md up to date."""

import os
from pathlib import Path

from mainline import config, dvc, git, ui
from mainline.errors import StaleLock
from mainline.report.card import card
from mainline.report.side import read_side

CARD = Path("models/card.md")
KEPT = (dvc.LOCK, str(CARD))
LINEAGE = {
    "data": "data/raw.parquet",
    "training rows": "data/train.parquet",
    "sealed rows": "data/sealed/features.parquet",
    "model": "models/model.skops",
}


def refresh(root: Path) -> list[str]:
    """Rebuild, and write the card.

    Returns:
        The files among dvc.lock and models/card.md that are to be committed.

    Raises:
        ToolFailed: a stage failed; nothing that stood before is lost.
    """
    for section in (config.gate, config.card):
        section(root)  # a typing error shows before the work, not after
    dvc.materialise(root)
    dvc.repro(root)
    text = _card(root)
    if not (root / CARD).exists() or (root / CARD).read_text(encoding="utf-8") != text:
        partial = (root / CARD).with_suffix(".partial")
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, root / CARD)
    return [path for path in git.dirty(root) if path in KEPT]


def check(root: Path) -> None:
    """Refuse a tree whose lock or card is not what a rebuild would write.

    Raises:
        StaleLock: with the command that mends it.
    """
    dvc.require_current(root)
    if not (root / CARD).exists() or (root / CARD).read_text(encoding="utf-8") != _card(root):
        raise StaleLock(f"{CARD} is not the card of this model; run `mainline lock` and commit")
    if kept := [path for path in git.dirty(root) if path in KEPT]:
        raise StaleLock(f"{kept[0]} is not committed; run `git commit {' '.join(kept)}`")


def _card(root: Path) -> str:
    side = read_side(root, "challenger", "working tree")
    pinned = dvc.outputs((root / dvc.LOCK).read_text())
    lineage = {name: f"md5 {pinned[path]}" for name, path in LINEAGE.items() if path in pinned}
    settings = config.read(root).get("train") or {}
    for name, value in (settings.get("params") or {}).items():
        lineage[f"parameter {name}"] = str(value)
    gate, words = config.gate(root), config.card(root)
    return card(
        side,
        lineage=lineage,
        slices=gate.slices,
        sensitive=gate.sensitive,
        intended_use=words.intended_use,
        limits=words.limits,
    )


def explain(kept: list[str]) -> None:
    """Say what to do with what has changed."""
    if kept:
        ui.good(f"rebuilt; commit what changed: git add {' '.join(kept)} && git commit")
    else:
        ui.good("dvc.lock and models/card.md are current")
