"""The commands of the guides, run as they stand there, in order, in one project: what a newcomer types works."""

import ast
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from line.tests.host.conftest import until
from line.tests.networks import trained_elsewhere
from line.tests.projects import commit_all, edit, with_package
from mainline.tools import git, ports

TOP = Path(__file__).parents[3]
BIN = Path(__file__).parents[1] / "runner/bin"
BLOCK = re.compile(r"^```(sh|yaml|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OF_PARAMS = "# params.yaml\n"
OF_CODE = re.compile(r"# ((?:src|tests)/\S+\.py)\n")
LEFT_OUT = re.compile(r"make |source |mainline add ")  # the environment is there; and make runs these tests
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
EDITOR = """#!{python}
import json, pathlib, sys
sys.path.insert(0, {tests!r})
from line.tests.projects import edit
edit(pathlib.Path(sys.argv[1]).resolve().parent, **json.loads(pathlib.Path({wanted!r}).read_text()))
"""


class Newcomer:
    """Somebody at a shell in a project that has an origin."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root, self.home, self.said = root, home, ""
        self.agent: subprocess.Popen[bytes] | None = None
        self.port = ""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DVC_"))}
        path = os.pathsep.join([str(BIN), os.environ["PATH"]])
        self.env = {**kept, "PATH": path, "HOME": str(home), "GH_TOKEN": "t", "STAND_IN": str(home), "EDITOR": "false"}

    def follow(self, guide: Path) -> list[str]:
        """Do what a guide says; answers its commands."""
        typed = []
        for kind, text in BLOCK.findall(guide.read_text()):
            if kind == "yaml" and text.startswith(OF_PARAMS):
                self.set(yaml.safe_load(text))
            if kind == "python" and (named := OF_CODE.match(text)):
                put(self.root / named[1], text[named.end() :])
            for line in text.replace("\\\n", "").splitlines() if kind == "sh" else ():
                if line.strip() and not LEFT_OUT.match(line):
                    self.type(line)
                    typed.append(line.partition(" #")[0].strip())
        return typed

    def edits(self, sections: dict[str, dict]) -> None:
        """What this one does to params.yaml in an editor."""
        wanted, editor = self.home / "wanted.json", self.home / "editor"
        wanted.write_text(json.dumps(sections))
        editor.write_text(EDITOR.format(python=sys.executable, wanted=str(wanted), tests=str(TOP)))
        editor.chmod(0o755)
        self.env["EDITOR"] = str(editor)

    def set(self, sections: dict[str, dict]) -> None:
        """Edit params.yaml; what a guide shows of data and train stands for all of it."""
        if "data" in sections:
            sections["data"] = {"rows": None, **sections["data"]}
        edit(self.root, **sections)

    def type(self, line: str) -> None:
        """Run a line; the agent goes on beside the lines that follow."""
        if line.startswith("mainline agent") and "--stop" not in line:
            self.port = str(ports.free())
            command = [*line.partition(" #")[0].split(), "--port", self.port, "--metrics", f"127.0.0.1:{ports.free()}"]
            with (self.home / "agent.log").open("wb") as log:
                self.agent = subprocess.Popen(command, cwd=self.root, env=self.env, stdout=log, stderr=log)
            return
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=self.root,
            env=self.env | ({"PYTHONPATH": "src"} if line.startswith("pytest") else {}),  # as where it is installed
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.said += f"$ {line}\n{done.stdout}"
        assert done.returncode == 0, self.said


def put(path: Path, code: str) -> None:
    """Put classes and functions into a module, in place of those of the same names; or make the module."""
    before = path.read_text() if path.exists() else ""
    for node in ast.parse(code if before else "").body:
        old = rf"^(?:class|def) {getattr(node, 'name', '')}\b.*?\n(?=\S)"
        before = re.sub(old, "", before, flags=re.MULTILINE | re.DOTALL)
    path.write_text(f"{before.rstrip()}\n\n\n{code}" if before else code)


def serves(port: str) -> bool:
    """Whether a model answers there."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/model").status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def newcomer(built: Path, tmp_path: Path) -> Iterator[Newcomer]:
    """With the example's champion on main, and a table of customers at home."""
    root, home, origin = tmp_path / "project", tmp_path / "home", tmp_path / "origin.git"
    shutil.copytree(built, root, symlinks=True)
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tname = New\n\temail = new@localhost\n[init]\n\tdefaultBranch = main\n")
    (home / "customers.csv").write_text(customers(900))
    if git.dirty(root):
        commit_all(root, "Build the champion")
    subprocess.run(["pre-commit", "install"], cwd=root, check=True, capture_output=True)
    git.git("init", "--quiet", "--bare", "--initial-branch=main", str(origin), root=tmp_path)
    git.git("remote", "add", "origin", str(origin), root=root)
    git.git("push", "--quiet", "--set-upstream", "origin", "main", root=root)
    somebody = Newcomer(root, home)
    yield somebody
    if somebody.agent:
        somebody.agent.terminate()
        somebody.agent.wait(30)
        somebody.type("mainline agent --stop")


def customers(rows: int) -> str:
    """A table in which months and plan say something about who leaves."""
    draw = random.Random(0)
    lines = ["customer_id,months,plan,calls,churned"]
    for number in range(rows):
        months, plan = draw.randint(0, 60), draw.choice(["basic", "plus"])
        leaves = draw.random() < (0.8 if months < 15 else 0.1) + (0.1 if plan == "basic" else 0)
        lines.append(f"c{number},{months},{plan},{draw.randint(0, 9)},{'yes' if leaves else 'no'}")
    return "\n".join(lines) + "\n"


@pytest.mark.slow
def test_your_data(newcomer: Newcomer) -> None:
    """From a file to a model of it, checked, shared, and answering."""
    newcomer.follow(TOP / "docs/your-data.md")
    assert '"target": "churned"' in (newcomer.root / "models/signature.json").read_text()
    assert (newcomer.home / "answers.parquet").exists()
    assert list((newcomer.home / "storage").rglob("*"))
    assert git.dirty(newcomer.root) == []


@pytest.mark.slow
def test_your_first_pull_request(newcomer: Newcomer) -> None:
    """From a change of params.yaml to a pull request with a verdict."""
    newcomer.follow(TOP / "docs/first-pull-request.md")
    assert "PASS" in newcomer.said
    assert "<svg" in (newcomer.root / "report/index.html").read_text()
    assert (newcomer.home / "proposed").read_text() == "forest\n"


@pytest.mark.slow
def test_release_and_rollback(newcomer: Newcomer) -> None:
    """From the merge to an agent that serves it."""
    typed = newcomer.follow(TOP / "docs/release-and-rollback.md")
    assert "mainline agent" in typed
    until(lambda: serves(newcomer.port), "the agent serves what was deployed", within=60)
    newcomer.type("mainline history")
    assert "promoted" in newcomer.said


@pytest.mark.slow
def test_experiments(newcomer: Newcomer) -> None:
    """A notebook, a feature, a model of one's own: built, tested, committed with the hooks on, and judged."""
    newcomer.follow(TOP / "docs/experiments.md")
    assert git.show("ink", "dvc.lock", newcomer.root) != git.show("main", "dvc.lock", newcomer.root)
    assert "src/pipeline/model/blend.py" in (git.show("blend", "dvc.yaml", newcomer.root) or "")
    assert "PASS" in newcomer.said
    assert git.dirty(newcomer.root) == []


@pytest.mark.slow
def test_models_of_other_libraries(newcomer: Newcomer) -> None:
    """Trees of LightGBM's, a class of four methods, a network: each built, and committed; packages are there."""
    for name in ("lightgbm", "onnxruntime"):
        with_package(newcomer.root, name)
    commit_all(newcomer.root, "Add packages")
    newcomer.set({"train": {"scale": True}})
    newcomer.type("python -m pipeline features ~/features.parquet")
    newcomer.type("git checkout --quiet params.yaml")
    (newcomer.home / "net.onnx").write_bytes(trained_elsewhere(newcomer.home / "features.parquet", "target"))
    newcomer.follow(TOP / "docs/frameworks.md")
    assert b"pipeline.model.onnx.Onnx" in (newcomer.root / "models/model.skops").read_bytes()
    assert (git.show("network", "dvc.yaml", newcomer.root) or "").count("- models/net.onnx") == 2
    for branch in ("trees", "centres", "network"):
        assert git.show(branch, "dvc.lock", newcomer.root) != git.show("main", "dvc.lock", newcomer.root)
    assert git.dirty(newcomer.root) == []


@pytest.mark.slow
def test_ways_to_serve(newcomer: Newcomer) -> None:
    """A store, a file, a function, an event: one command each."""
    newcomer.follow(TOP / "docs/patterns.md")
    assert (newcomer.home / "answers.db").stat().st_size > 0
    assert (newcomer.home / "batch.parquet").exists()
    assert "p_9" in newcomer.said
    assert "'statusCode': 200" in newcomer.said
    assert git.dirty(newcomer.root) == []


@pytest.mark.slow
@pytest.mark.parametrize("guide", ["how-the-gate-decides", "canvas"])
def test_a_guide_without_commands_has_none(guide: str, newcomer: Newcomer) -> None:
    """What is read, and not typed; a command that is added to it is run here."""
    assert newcomer.follow(TOP / f"docs/{guide}.md") == []


@pytest.mark.slow
def test_a_command_that_fails_is_seen(newcomer: Newcomer, tmp_path: Path) -> None:
    """A guide whose command does not work is red, with what was said."""
    guide = tmp_path / "guide.md"
    guide.write_text("# Guide\n\n```sh\nmainline lock --chek\n```\n")
    with pytest.raises(AssertionError, match="No such option"):
        newcomer.follow(guide)


PAGES = sorted([TOP / "README.md", *TOP.glob("docs/*.md")])
GLOSSARY = TOP / "docs/glossary.md"


def dead(page: Path, text: str) -> list[str]:
    """The links of a page's text that name no file, or no heading of it."""
    return [
        f"{name}#{anchor}"
        for name, anchor in LINK.findall(text)
        if not (target := page.parent / name if name else page).exists()
        or (anchor and anchor not in anchors(target.read_text()))
    ]


def anchors(text: str) -> set[str]:
    """What links to a page's headings say behind the #, as GitHub makes it."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link between the pages names a file that is here, and a heading of it."""
    assert dead(page, page.read_text()) == []


@pytest.mark.parametrize("link", ["nowhere.md", "glossary.md#no-such-word", "#no-such-heading"])
def test_a_link_that_leads_nowhere_is_seen(link: str) -> None:
    """A file or a heading that is not there."""
    assert dead(GLOSSARY, f"[word]({link})") != []


def test_the_glossary_explains_each_word_in_two_lines() -> None:
    """No entry without words, and none that is a page of its own."""
    entries = GLOSSARY.read_text().split("\n### ")[1:]
    assert [entry for entry in entries if not 8 <= len(entry.partition("\n")[2].split()) <= 36] == []


def test_each_word_of_the_glossary_is_linked_where_it_is_used() -> None:
    """No entry that no page leads to."""
    linked = {word for page in PAGES for name, word in LINK.findall(page.read_text()) if "glossary.md" in name}
    assert anchors(GLOSSARY.read_text()) - {"glossary"} - linked == set()
