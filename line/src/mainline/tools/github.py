"""The one door to GitHub: its program `gh`, where it is here and the project lies there."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from mainline.errors import ToolFailed
from mainline.tools import branches, git, process

UNATTENDED = {"GH_PROMPT_DISABLED": "1", "NO_COLOR": "1", "GH_NO_UPDATE_NOTIFIER": "1"}
WORKFLOW = "deliver.yml"
"""Builds images from the trunk, and attests them."""
LARGEST = 60_000  # characters of a text; GitHub takes 65,536
ORIGIN = re.compile(r"(?:^|[/@.])github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$")


def gh(*arguments: str, root: Path, stdin: str | None = None) -> str:
    """Run gh in a project and answer what it prints.

    Raises:
        ToolFailed: it is not here, or GitHub said no.
    """
    return process.capture(["gh", *arguments], cwd=root, env=UNATTENDED, stdin=stdin)


def here() -> bool:
    """Whether gh is on this machine."""
    return shutil.which("gh") is not None


def repository(root: Path) -> str | None:
    """The project as GitHub calls it, owner/name; None where it does not lie there."""
    if named := os.environ.get("GITHUB_REPOSITORY"):
        return named
    found = ORIGIN.search(git.git("remote", "get-url", branches.remote(root) or "origin", root=root, check=False))
    return found[1] if found else None


def ask(path: str, root: Path, **fields: str) -> Any:
    """GET a path of GitHub's API.

    Raises:
        ToolFailed: GitHub cannot be asked, or said no.
    """
    given = [word for name, value in fields.items() for word in ("--raw-field", f"{name}={value}")]
    said = gh("api", "--method", "GET", path, *given, root=root)
    try:
        return json.loads(said)
    except ValueError:
        raise ToolFailed(f"gh api {path}: its answer is no JSON") from None


def send(method: str, path: str, root: Path, **fields: object) -> dict[str, Any]:
    """POST or PATCH fields to a path of GitHub's API, and answer what it says.

    Raises:
        ToolFailed: GitHub cannot be asked, or said no.
    """
    said = gh("api", "--method", method, path, "--input", "-", root=root, stdin=json.dumps(fields))
    answer: dict[str, Any] = json.loads(said)
    return answer


def tame(text: str, most: int = LARGEST) -> str:
    """A text for an issue, a comment or a pull request: of bounded size, calling nobody, and without marks within."""
    safe = re.sub(r"@(?=\w)", "@\u200b", text)[:most]
    return re.sub(r"(?<!^)<(?=[!/a-zA-Z])", "&lt;", safe)


def artifact(root: Path, name: str, folder: Path) -> str | None:
    """Fetch the newest artifact of a name into a folder, where GitHub can be asked; runs of forks do not count.

    Returns:
        The run that left it; None where there is none.
    """
    project = repository(root)
    if project is None or not here():
        return None
    try:
        for each in ask(f"repos/{project}/actions/artifacts", root, name=name)["artifacts"]:
            run = each["workflow_run"]
            if not each["expired"] and run["head_repository_id"] == run["repository_id"]:
                number = str(run["id"])
                gh("run", "download", number, "--repo", project, "--name", name, "--dir", str(folder), root=root)
                return number
    except (ToolFailed, KeyError, TypeError):
        return None  # whoever asks knows what to do without
    return None


def pull_request(root: Path, branch: str, base: str, title: str, text: str) -> str:
    """Open a pull request, or find the one that is open for the branch.

    Returns:
        Its address.

    Raises:
        ToolFailed: GitHub cannot be asked, or said no.
    """
    if found := opened(root, branch, base):
        return str(found["url"])
    return gh("pr", "create", "--head", branch, "--base", base, "--title", title, "--body", text, root=root)


def opened(root: Path, branch: str, base: str) -> dict[str, Any] | None:
    """The pull request that is open for a branch, with its number, url and headRefOid; None where there is none.

    Raises:
        ToolFailed: GitHub cannot be asked.
    """
    about = ("--head", branch, "--base", base, "--state", "open", "--json", "number,url,headRefOid")
    found: list[dict[str, Any]] = json.loads(gh("pr", "list", *about, root=root) or "[]")
    return found[0] if found else None


def attestation(project: str, image: str, ref: str) -> list[str]:
    """The command that fails where GitHub does not hold that a project's deliver.yml built an image from a ref."""
    said = ("--signer-workflow", f"{project}/.github/workflows/{WORKFLOW}", "--source-ref", ref)
    return ["attestation", "verify", f"oci://{image}", "--repo", project, *said]


def require_attested(root: Path, image: str, ref: str) -> None:
    """Refuse an image of which GitHub does not hold that deliver.yml of this project built it from this ref.

    Raises:
        ToolFailed: it does not, or cannot be asked.
    """
    gh(*attestation(str(repository(root)), image, ref), root=root)
