"""Whether a version is fit for production: what gate and hosts said, its dvc.lock, and where its image is from."""

import os

from mainline import inputs, ledger, outputs, ui
from mainline.errors import Refused, ToolFailed
from mainline.host.model import Release
from mainline.project import Project
from mainline.tools import dvc, github, storage


def require(project: Project, release: Release) -> None:
    """Ask all the questions about a version, the cheapest first.

    Raises:
        Refused: it is not fit, with the reason.
    """
    if not release.image:
        raise Refused(f"{release.version}: the canary is a Bento without an image, so there is no digest to release")
    require_record(project, release)
    _require_lock(project, release.commit)
    _require_attested(project, release.image)


def require_record(project: Project, release: Release) -> None:
    """Refuse what the ledger speaks against: the gate did not let its model pass, or a host has rolled it back.

    Raises:
        Refused: it does.
    """
    history = ledger.read(project.root)
    why, used = history.rolled_back().get(release.version, ("", ()))
    if why and (not release.force or release.force in used):
        raise Refused(f"{release.version} was rolled back: {why}; mend it, and release what comes of it")
    if why := history.paused().get(release.version, ""):
        raise Refused(f"{release.version} is paused: {why}; let it go on first, as `mainline status` on its host says")
    if release.version not in {entry["version"] for entry in history.deployments()}:
        ui.warn(f"{release.version}: no host has told of it yet; as far as the ledger knows, it was never a canary")
    model = project.lock_at(release.commit).model
    verdict = history.verdict(model)
    if verdict == "PASS":
        return
    with project.worktree(release.commit) as tree:
        judged = history.judged(tree.sealed_set)
    first = judged[0]["champion"] if judged else None
    if verdict is None and (not judged or (first and first["model"] == model)):
        ui.warn(f"{release.version}: its model was there before the first decision on these sealed rows")
        return
    raise Refused(f"{release.version}: the gate did not let its model pass ({verdict or 'it was never asked'})")


def _require_lock(project: Project, commit: str) -> None:
    with project.worktree(commit) as tree:
        storage.share_cache(project.root, tree.root)
        outputs.bring(tree)
        inputs.bring(project, tree)
        if stages := dvc.stale(tree.root, absent=True):
            raise Refused(
                f"dvc.lock of {commit[:12]} is not current: {', '.join(stages[:3])}; mend it by a pull request"
            )


def _require_attested(project: Project, image: str) -> None:
    """Refuse an image that nobody can show to come from the trunk; on a laptop that cannot ask, say so."""
    trunk = project.trunk
    if os.environ.get("MAINLINE_UNATTESTED") == "true":
        ui.warn(f"{image}: MAINLINE_UNATTESTED is set, so nobody asks whether it was built from {trunk}")
    elif github.repository(project.root) and github.here():
        try:
            github.require_attested(project.root, image, f"refs/heads/{trunk}")
        except ToolFailed as error:
            raise Refused(f"{image}: not attested as built by {github.WORKFLOW} from {trunk} ({error})") from None
    elif os.environ.get("CI"):
        raise Refused(f"{image}: whether it is attested cannot be asked; gh is not here, or this is no GitHub project")
    else:
        ui.warn(
            f"{image}: whether it is attested cannot be asked here (no gh, or no GitHub project); the workflow will"
        )
