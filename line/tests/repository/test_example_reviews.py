"""The walk of docs/example-reviews.md, from the template and a table of sentences to a served answer."""

import json
import shutil
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from line.tests.host.conftest import until
from line.tests.repository.test_docs import Newcomer
from mainline.tools import git, ports

TOP = Path(__file__).parents[3]
GUIDE = TOP / "docs/example-reviews.md"
TABLE = TOP.parent / "shared/data/reviews.csv"
STAYS = ("mainline label", "BENTOML_HOME=")


class Walker(Newcomer):
    """Somebody with a table and no project yet; what stays in front of a terminal runs beside the rest."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, home)
        self.beside: list[subprocess.Popen[bytes]] = []
        self.port = str(ports.free())

    def type(self, line: str) -> None:
        """Run a line: with this template, in the folder one has gone to, and at a port that is free."""
        if line.startswith("cd "):
            self.root = self.root / line[3:]
            subprocess.run(["pre-commit", "install"], cwd=self.root, env=self.env, check=True, capture_output=True)
        elif line.startswith(STAYS):
            self.stay(f"{line} --port {self.port}" if "bentoml serve" in line else line)
        else:
            super().type(line.replace("TEMPLATE", str(TOP)).replace("localhost:3000", f"127.0.0.1:{self.port}"))

    def stay(self, line: str) -> None:
        """Run a line beside the others, and wait until it is there."""
        log = self.home / f"{len(self.beside)}.log"
        with log.open("wb") as stream:
            command = ["bash", "-c", f"exec env {line}"]
            started = subprocess.Popen(command, cwd=self.root, env=self.env, stdout=stream, stderr=stream)
        self.beside.append(started)
        if "bentoml serve" in line:
            until(lambda: answers(self.port), "the model answers", within=120)
        else:
            until(lambda: "http://" in log.read_text(), "the page has an address", within=120)

    def leave(self) -> None:
        """Press Ctrl-C in each terminal."""
        for process in self.beside:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def answers(port: str) -> bool:
    """Whether a model answers there."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/model").status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not TABLE.exists(), reason="the table ../shared/data/reviews.csv is not on this machine")
def test_the_example_of_reviews(tmp_path: Path) -> None:
    """A search takes words and pairs of words: macro-F1 of .60, a verdict, and an answer over HTTP."""
    (tmp_path / ".gitconfig").write_text(
        "[user]\n\tname = New\n\temail = new@localhost\n[init]\n\tdefaultBranch = main\n"
    )
    shutil.copyfile(TABLE, tmp_path / "reviews.csv")
    walker = Walker(tmp_path)
    try:
        walker.follow(GUIDE)
    finally:
        walker.leave()
    taken = json.loads((walker.root / "models/search.json").read_text())["train"]
    assert taken["columns"] == {"sentence": {"ngrams": [1, 2]}}
    assert taken["params"]["class_weight"] == "balanced"
    assert json.loads((walker.root / "metrics/dev.json").read_text())["f1_macro"] >= 0.60
    assert "PASS" in walker.said
    answer = json.loads(walker.said.splitlines()[-1])
    assert answer["prediction"] == "negative"
    assert git.dirty(walker.root) == []
