"""Rows of production that wait become people's next sealed set: no person, and no model of theirs, has seen them."""

from mainline import ledger
from mainline.errors import MainlineError
from mainline.project import Project
from mainline.stream import files, ids, take
from mainline.stream.forms import ROW_ID, texts

FEWEST = 10  # rows, as split wants of each side


def seal(project: Project, salt: str) -> int:
    """Make all waiting rows the sealed set of a salt, whole or not at all.

    Returns:
        How many they are.

    Raises:
        MainlineError: they are too few; or the tree's outputs are not to be had.
    """
    before, _ = take.fresh(project, ledger.read(project.root))
    count = len(before.waiting)
    if count < FEWEST:
        there = f"{count} rows of production wait" if count else "no row of production waits"
        raise MainlineError(f"{there} in {files.WAITING}, and {FEWEST} are the fewest; `mainline rows` brings more")
    files.write(project, before.sealed(salt))
    return count


def require_none(project: Project) -> None:
    """Refuse another generation where the sealed set is one of production's rows: it would be the same rows.

    Raises:
        MainlineError: with what to do instead.
    """
    begins = ids.sealed(project.sealed_set[0], "")
    if any(each.startswith(begins) for each in texts(files.read(project).rows, ROW_ID)):
        raise MainlineError(
            "the sealed set is one of production's rows, whole, and another generation would be the same rows; "
            "`mainline gate rotate --stream` or --new-rows makes another"
        )
