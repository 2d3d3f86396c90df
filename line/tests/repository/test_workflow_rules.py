"""What GitHub runs keeps the rules: tools know most of them, the rest are here; each is broken once, and is seen."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

TOP = Path(__file__).parents[3]
FILES = sorted([*TOP.glob(".github/workflows/*"), *TOP.glob(".github/actions/*/*.y*ml")])

PINNED = re.compile(r"uses: (\./\S+|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)")
COMMAND = re.compile(r"(make|(\.venv/bin/)?mainline|gh|\.ci/[\w-]+)( (?!.*\$[({])[^;&|<>`\n]+)?")
DEFAULT = re.compile(r"(?<![\w/.-])(refs/heads/)?(main|master|trunk)(?![\w/.-])")

BRANCHES = {"push", "pull_request", "merge_group", "workflow_dispatch"}

GOOD = """\
name: good

on:
  pull_request:

permissions: {}

concurrency:
  group: ${{ github.workflow }}-${{ github.ref }}
  cancel-in-progress: true

jobs:
  test:
    name: Tests
    runs-on: ubuntu-24.04
    timeout-minutes: 60
    permissions:
      contents: read # check out the repository
      packages: write # push the image
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - uses: actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0
        with:
          python-version: "3.10"
      - name: Tests
        env:
          TITLE: ${{ github.event.pull_request.title }}
        run: make test TITLE="$TITLE"
"""
CONCURRENCY = GOOD[GOOD.index("concurrency:") : GOOD.index("jobs:")]


def nodes(node: Any) -> Iterator[tuple[Any, str, Any]]:
    """Every key of every mapping: the mapping, the key, the value."""
    for key, value in node.items() if isinstance(node, dict) else ():
        yield node, str(key), value
        yield from nodes(value)
    for value in node if isinstance(node, list) else ():
        yield from nodes(value)


def problems(text: str) -> Iterator[str]:
    """The breaches, in a workflow or an action, of the rules that no tool knows."""
    lines = text.splitlines()
    document = YAML().load(text)

    def unsaid(mapping: Any, key: str) -> bool:
        return not re.search(r" # \w", lines[mapping.lc.key(key)[0]])

    yield from takes_for_granted(document)
    yield from (f"not a commit with its version: {line.strip()}" for line in lines if loose(line))
    if "jobs" in document and document.get("permissions") != {}:
        yield "permissions at the top are not empty"
    yield from (f"restores a cache, and is not to: {name}" for name in poisonable(document))
    for mapping, key, value in nodes(document):
        if key == "permissions" and isinstance(value, dict):
            yield from (f"no reason for the permission {right}" for right in value if unsaid(value, right))
        if key == "persist-credentials" and value is not False and unsaid(mapping, key):
            yield "no reason for persist-credentials"
        if key == "run" and isinstance(value, str) and not COMMAND.fullmatch(value.strip()):
            yield f"not one command of make, mainline, gh or .ci: {value.strip()}"
        if isinstance(value, str) and re.search(r"toJSON\((needs|steps)", value):
            yield f"hands on outputs, which a branch's code may have chosen: {key}: {value}"
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, float) or ("version" in key and isinstance(item, int) and item not in (True, False)):
                yield f"not quoted: {key}: {item}"


def takes_for_granted(document: Any) -> Iterator[str]:
    """Where the default branch is named, which projects call as they like."""
    for _, key, value in nodes(document):
        named = value if isinstance(value, list) else [value]
        if key in ("ref", "branches", "branches-ignore", "if") and any(DEFAULT.search(str(each)) for each in named):
            yield f"takes the default branch's name for granted: {key}: {value}"


def poisonable(workflow: Any) -> Iterator[str]:
    """The jobs that restore a cache, which a branch may have filled, though their token writes or they deliver."""
    triggers = workflow.get("on") or {}
    push = triggers.get("push", {"branches-ignore": ["main"]})
    of_branches = "branches-ignore" in (push or {}) and triggers.keys() <= BRANCHES
    for name, job in workflow.get("jobs", {}).items():
        writes = any(how == "write" and right != "id-token" for right, how in job["permissions"].items())
        for step in job["steps"]:
            given = step.get("with", {})
            if step.get("uses", "").startswith("actions/cache") or given.get("cached") or given.get("cache"):
                yield from [name] if writes or not of_branches else []


def loose(line: str) -> bool:
    """Whether a line names an action without the commit and the whole version of it."""
    return bool(re.match(r"[\s-]*uses:", line)) and not PINNED.fullmatch(line.strip().removeprefix("- "))


def tools(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """What `make lint` does for workflows, over a folder that holds this one."""
    path = folder / ".github/workflows/good.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return subprocess.run([TOP / ".ci/workflows", folder], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TOP / ".github")))
def test_what_github_runs_keeps_our_rules(path: Path) -> None:
    """Actions are pinned, rights have reasons, versions are quoted, and a step is one command of a laptop."""
    assert path.suffix == ".yml"
    assert list(problems(path.read_text())) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "not a commit"),
        (" # v7.0.1", "", "not a commit"),
        (" # v7.0.1", " # v7", "not a commit"),
        ("uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "uses: docker://alpine", "commit"),
        ("permissions: {}", "env: {CI: yes}", "at the top"),
        ("permissions: {}", "permissions: read-all", "at the top"),
        (" # check out the repository", "", "no reason for the permission contents"),
        (" # push the image", "", "no reason for the permission packages"),
        ("persist-credentials: false", "persist-credentials: true", "no reason for persist-credentials"),
        ('"3.10"', "3.10", "not quoted"),
        ('"3.10"', "3", "not quoted"),
        ("    timeout-minutes: 60", "    timeout-minutes: 60\n    strategy: {matrix: {python: [3.10]}}", "not quoted"),
        ('"3.10"', "${{ toJSON(needs) }}", "hands on outputs"),
        ("persist-credentials: false", "persist-credentials: false\n          ref: main", "name for granted: ref"),
        ("  pull_request:", "  push:\n    branches: [master]", "name for granted: branches"),
        ("    timeout-minutes: 60", "    timeout-minutes: 60\n    if: github.ref == 'refs/heads/main'", "granted: if"),
        ('make test TITLE="$TITLE"', "|\n          make lint\n          make test", "not one command"),
        ('make test TITLE="$TITLE"', "make lint && make test", "not one command"),
        ('make test TITLE="$TITLE"', "make test | tee log", "not one command"),
        ('make test TITLE="$TITLE"', "make test TITLE=$(cat title)", "not one command"),
        ('make test TITLE="$TITLE"', "make test TITLE=${{ github.head_ref }}", "not one command"),
        ('make test TITLE="$TITLE"', "pytest", "not one command"),
    ],
)
def test_a_breach_of_our_rules_is_found(old: str, new: str, said: str) -> None:
    """Each rule that no tool knows can fail, and fails for nothing else."""
    assert old in GOOD
    assert list(problems(GOOD)) == []
    found = list(problems(GOOD.replace(old, new)))
    assert len(found) == 1
    assert said in found[0]


CACHED = GOOD.replace("      packages: write # push the image\n", "").replace(
    "          python-version", "          cached: true\n          python-version"
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("contents: read # check", "contents: write # check"),
        ("  pull_request:", "  push: {tags: [v1.0.0]}"),
        ("  pull_request:", "  push:"),
        ("  pull_request:", "  release: {types: [published]}"),
        ("  pull_request:", "  workflow_run: {workflows: [verify], types: [completed]}"),
    ],
)
def test_a_cache_is_restored_only_where_nothing_is_written_or_delivered(old: str, new: str) -> None:
    """Neither a job whose token writes nor one of main, of a tag or of another run takes what a branch may leave."""
    assert old in CACHED
    assert list(problems(CACHED)) == []
    assert [said for said in problems(CACHED.replace(old, new)) if "restores a cache" in said]
    assert list(problems(CACHED.replace("cached: true", "x: y").replace(old, new))) == []


@pytest.mark.parametrize("step", ["cached: true", "cache: pip"])
def test_every_way_to_a_cache_is_seen(step: str) -> None:
    """The setup's own option and that of setup-python are caches, as actions/cache is."""
    assert list(problems(GOOD.replace("          python-version", f"          {step}\n          python-version")))
    assert list(problems(GOOD.replace("actions/setup-python@", "actions/cache@")))


@pytest.mark.slow
def test_the_tools_find_nothing_in_a_good_workflow(tmp_path: Path) -> None:
    """A workflow that keeps the rules passes, without a word."""
    done = tools(tmp_path, GOOD)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "unpinned-uses"),
        ("permissions: {}\n", "", "excessive-permissions"),
        ("permissions: {}", "permissions: write-all", "excessive-permissions"),
        (" # push the image", "", "undocumented-permissions"),
        ("    timeout-minutes: 60\n", "", "'timeout-minutes' is a required property"),
        (CONCURRENCY, "", "concurrency-limits"),
        ("          persist-credentials: false", "          fetch-depth: 0", "artipacked"),
        ('make test TITLE="$TITLE"', "make test TITLE=${{ github.event.pull_request.title }}", "potentially untrusted"),
        ("${{ github.ref }}", "${{ github.rf }}", 'property "rf" is not defined'),
        ("  pull_request:", "  pull_request_target:", "dangerous-triggers"),
        ("runs-on:", "runs_on:", "'runs-on' is a required property"),
        ("  pull_request:", "  push_request:", "validation errors"),
    ],
)
def test_a_breach_of_the_tools_rules_is_found(old: str, new: str, said: str, tmp_path: Path) -> None:
    """Each rule that is left to actionlint, zizmor or a schema turns `make lint` red."""
    assert old in GOOD
    done = tools(tmp_path, GOOD.replace(old, new))
    assert done.returncode != 0
    assert said in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (".github/actions/setup/action.yml", "name: Set up\nruns: {using: composite}\n", "validation errors"),
        (".github/dependabot.yml", "version: 2\nupdates: [{package-ecosystem: uv}]\n", "validation errors"),
        ("deploy/host/compose.yaml", "services: {agent: {imag: x}}\n", "validation errors"),
    ],
)
def test_other_files_have_schemas_too(name: str, text: str, said: str, tmp_path: Path) -> None:
    """An action, Dependabot's file and a compose file that do not keep to their schemas turn `make lint` red."""
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    done = tools(tmp_path, GOOD)
    assert done.returncode != 0
    assert said in done.stderr
    assert f"{name}::" in done.stderr
