"""`mainline comment`: the report as one comment of a pull request, which each run writes anew."""

import json
import os
import re
from pathlib import Path

import click

from mainline import ui
from mainline.errors import ConfigError
from mainline.project import Project
from mainline.tools import github

MARK = "<!-- mainline report -->"
LARGEST = 60_000  # characters; GitHub takes 65,536


@click.command("comment")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default=Path("report/comment.md"))
@click.option("--head", envvar="HEAD_BRANCH", help="The pull request's branch, OWNER:BRANCH. [default: this one]")
@click.option("--commit", envvar="HEAD_COMMIT", default="HEAD", show_default=True, help="What FILE is about.")
def verb(file: Path, head: str | None, commit: str) -> None:
    """Write the report's comment on the branch's pull request.

    FILE is by default report/comment.md; a second time, the same comment is changed.
    """
    project = Project.here()
    if not file.exists() and os.environ.get("CI"):
        ui.warn(f"{file}: the run left no report; there is nothing to say")
        return
    owner = (github.repository(project.root) or "").partition("/")[0]
    address = comment(project, file, head or f"{owner}:{project.branch}", commit)
    if address:
        ui.good(f"commented on {address}")
    else:
        ui.warn("no open pull request is at this commit; nothing was written")


def text_of(path: Path) -> str:
    """The comment's text: of bounded size, and calling nobody; a fork may have written the file.

    Raises:
        ConfigError: there is no such file.
    """
    if path.is_symlink() or not path.is_file():
        raise ConfigError(f"{path}: not here; `mainline report` writes it")
    with path.open(encoding="utf-8", errors="replace") as stream:
        text = stream.read(LARGEST + 1)
    cut = "\n\n(cut here: the whole is in the run's artifact `report`)" if len(text) > LARGEST else ""
    return MARK + "\n" + re.sub(r"@(?=\w)", "@\u200b", text[:LARGEST]) + cut


def comment(project: Project, path: Path, head: str, commit: str) -> str | None:
    """Write a file as the comment of the open pull request of a branch.

    Args:
        head: the branch, as OWNER:BRANCH.
        commit: that the file is about; a pull request that has moved on gets no old news.

    Returns:
        The pull request's address; None where there is none to write on.

    Raises:
        ToolFailed: GitHub cannot be asked, or said no.
    """
    repository = github.repository(project.root)
    if repository is None:
        raise ConfigError("origin does not lie on GitHub; there is no pull request to comment on")
    commit = commit if re.fullmatch(r"[0-9a-f]{40}", commit) else project.commit_of(commit)
    found = github.ask(f"repos/{repository}/pulls", project.root, state="open", head=head)
    pulls = [each for each in found if each["head"]["sha"] == commit]
    if not pulls:
        return None
    number, body = pulls[0]["number"], json.dumps({"body": text_of(path)})
    comments = github.ask(f"repos/{repository}/issues/{number}/comments", project.root, per_page="100")
    mine = [each["id"] for each in comments if each["body"].startswith(MARK) and each["user"]["type"] == "Bot"]
    where = f"issues/comments/{mine[0]}" if mine else f"issues/{number}/comments"
    method = "PATCH" if mine else "POST"
    github.gh("api", "--method", method, f"repos/{repository}/{where}", "--input", "-", root=project.root, stdin=body)
    return str(pulls[0]["html_url"])
