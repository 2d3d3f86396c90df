"""What a gate wants to know of another model than main's before it looks at an answer: where it comes from."""

from mainline.errors import Refused
from mainline.project import MODEL, Project
from mainline.prove import chain, proof
from mainline.prove.proof import Proof
from mainline.prove.prove import NEVER, Refresh, prove


def here(project: Project, commit: str, rebuild: str, counts: Refresh | None = None) -> Proof | None:
    """Prove a model, unless that was done of this very lock, here or by a run of this repository's workflow.

    Args:
        commit: the base's.
        rebuild: `gate.rebuild` as it holds here.
        counts: see `prove`; the project may be another then.

    Returns:
        What is said of it; None where the model is the base's.

    Raises:
        StaleLock, ConfigError, Refused: as `prove` does.
    """
    base = project.lock_at(commit)
    if not chain.is_new(project.lock, base):
        return None
    found = proof.kept(project) or proof.of_a_run(project)
    if found is None or not _will_do(found, rebuild):
        found = prove(project, base, rebuild, counts)
    proof.keep(found, project.again())
    return found


def handed_over(project: Project, commit: str, rebuild: str) -> Proof | None:
    """The same of a project whose code is not run here: what the job that ran it has written down.

    Raises:
        Refused: it has written nothing down that will do.
    """
    if not chain.is_new(project.lock, project.lock_at(commit)):
        return None
    found = proof.kept(project)
    if found is None or not _will_do(found, rebuild):
        what = "was built again" if found is None else "was built again as a whole, which gate.rebuild asks for"
        raise Refused(
            f"{MODEL}: nothing says that it {what}; bring the branch up to date with main, "
            "whose verify.yml runs `mainline lock --prove`"
        )
    return found


def _will_do(found: Proof, rebuild: str) -> bool:
    return found.rebuilt or rebuild == NEVER
