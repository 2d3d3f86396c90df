"""What the demonstration makes of the judge's answers, and of what users see."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mainline.errors import MainlineError
from mainline.host import state
from mainline.host.model import Block, Phase, Placed, Release, State
from mainline.host.state import Memory
from mainline.project import Project
from mainline.run import live, proposals, release
from mainline.run.host import BUSY, CALM, Host
from mainline.run.scratch import Scratch
from mainline.run.users import Users
from mainline.tools import process

TOP = Path(__file__).parents[3]
OPINION = {"reason": "held: not yet shown to be as good in labels", "signals": {}}


def kept(folder: Path, phase: Phase, *bars: Block) -> Host:
    """A host whose agent remembers a candidate."""
    candidate = Placed("green", Release("new"), phase, 0.0, up=True, share=0.3)
    folder.mkdir(exist_ok=True)
    state.save(folder, Memory(State(other=candidate, barred=bars), opinion=OPINION, judged="new in green beside old"))
    return Host(folder, 1)


@pytest.mark.parametrize(
    ("phase", "bars", "outcome"),
    [
        ("passed", (), ("passed", "")),
        ("leaving", (Block("new", "9 of 9 were wrong"),), ("rolled back", "9 of 9 were wrong")),
        ("canary", (Block("other", "it was slow"),), ("held", "not yet shown to be as good in labels")),
    ],
)
def test_each_answer_of_the_judge_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: Phase, bars: tuple[Block, ...], outcome: tuple[str, str]
) -> None:
    """With a table of one's own a canary may neither pass nor fall in time: that ends no demonstration."""
    monkeypatch.setattr(release, "JUDGED_WITHIN", 0.3)
    host = kept(tmp_path / "host", phase, *bars)
    assert release._judged(host, "new", Users(1, [], [], rate=1, lag=1)) == outcome


@pytest.mark.parametrize(
    ("phase", "rate"), [("starting", CALM), ("canary", BUSY), ("passed", BUSY), ("releasing", BUSY), ("leaving", CALM)]
)
def test_many_users_ask_while_a_candidate_is_judged(tmp_path: Path, phase: Phase, rate: float) -> None:
    """And fewer before and after, so that what is built has the machine to itself."""
    users = Users(1, [], [], rate=1, lag=1)
    kept(tmp_path / "host", phase).wait("a look", lambda _: True, users, 1)
    assert users.rate == rate


@pytest.mark.parametrize("change", [proposals.SKEW, proposals.SLOW])
def test_the_service_can_be_broken_for_a_demonstration(change: tuple[str, str, str]) -> None:
    """The lines that are changed are there, once; and what comes of it passes the style that the git hooks ask for."""
    name, before, after = change
    text = (TOP / name).read_text()
    assert text.count(before) == 1
    broken = text.replace(before, after)
    compile(broken, name, "exec")
    for check in (("check",), ("format", "--check")):
        process.capture(["ruff", *check, "--stdin-filename", name, "-"], cwd=TOP, stdin=broken)


def test_a_service_that_is_not_as_it_came_is_one_line(tmp_path: Path) -> None:
    """Said before anything is begun: which file, and what is not in it."""
    scratch = Scratch(tmp_path, tmp_path)
    name, before, _ = proposals.SKEW
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text((TOP / name).read_text())
    proposals.require_service(scratch)
    for text in ((TOP / name).read_text().replace(before, ""), None):
        (tmp_path / name).unlink() if text is None else (tmp_path / name).write_text(text)
        with pytest.raises(
            MainlineError, match=r"^src/service/predict/engine.py: is not as it came, without .*"
        ) as said:
            proposals.require_service(scratch)
        assert "\n" not in str(said.value)


@pytest.mark.parametrize(
    ("classes", "deciles", "said"),
    [
        (None, (0.0, 1.0), [0.0, 0.5]),
        (("no", "yes"), None, [[0.9, 0.1], [0.2, 0.8]]),
        (("a", "b", "c"), None, [[0.1, 0.7, 0.2], [0.6, 0.3, 0.1]]),
    ],
)
def test_the_broken_service_answers_otherwise_whatever_the_table(
    classes: tuple[str, ...] | None, deciles: tuple[float, ...] | None, said: list
) -> None:
    """Every class is another, and every number is further off than a label may be to count as right."""
    name, before, after = proposals.SKEW
    broken: dict[str, Any] = {"__name__": "broken"}
    exec(compile((TOP / name).read_text().replace(before, after), name, "exec"), broken)
    engine = broken["Engine"].__new__(broken["Engine"])
    engine.classes, engine._signature = classes, SimpleNamespace(deciles=deciles)
    engine._values = lambda inputs: np.array(said)
    answers = engine.answer(None)
    if classes is None:
        assert (np.abs(answers.values - np.array(said)) > np.ptp(deciles)).all()
    else:
        assert (answers.places != np.argmax(said, axis=1)).all()


@pytest.mark.parametrize(
    ("errors", "deciles", "wanted"),
    [([0.0] * 10, [0.0, 10.0], 1.0), ([9.0] * 10, [0.0, 10.0], 9.0), ([0.5] * 8 + [9.0] * 2, [0.0, 10.0], None)],
)
def test_a_right_answer_is_one_that_most_of_the_champions_are(
    tmp_path: Path, errors: list[float], deciles: list[float], wanted: float | None
) -> None:
    """A tenth of the deciles' distance, or more where the champion itself would be wrong most of the time."""
    for folder in ("data", "models", "predictions"):
        (tmp_path / folder).mkdir()
    (tmp_path / "models/signature.json").write_text(
        json.dumps({"task": "regression", "target": "y", "deciles": deciles})
    )
    ids = [str(each) for each in range(10)]
    pd.DataFrame({"row_id": ids, "y": 5.0}).to_parquet(tmp_path / "data/dev.parquet")
    answers = pd.DataFrame({"row_id": ids, "prediction": [5.0 + each for each in errors]})
    answers.iloc[::-1].to_parquet(tmp_path / "predictions/dev.parquet")  # by their names, not by their places
    allowed = live.tolerance(Scratch(tmp_path, tmp_path))
    assert allowed == wanted or (wanted is None and sum(each <= allowed for each in errors) >= 8)


def test_of_classes_a_right_answer_is_the_label(tmp_path: Path) -> None:
    """There is no distance."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models/signature.json").write_text('{"task": "binary"}')
    assert live.tolerance(Scratch(tmp_path, tmp_path)) is None


@pytest.mark.parametrize(
    ("judged", "answer", "became"),
    [
        ("new in green beside old", "rollback", "rolled back"),
        ("new in green beside old", "hold", "failed"),
        ("newer in green beside old", "rollback", "failed"),
        ("", None, "failed"),
    ],
)
def test_who_took_a_version_back_is_told_apart(tmp_path: Path, judged: str, answer: str | None, became: str) -> None:
    """The judge, of this version; anything else is the agent giving up one that died or was never ready."""
    memory = Memory(State(), judged=judged, opinion={"answer": answer} if answer else None)
    (tmp_path / "host").mkdir()
    state.save(tmp_path / "host", memory)
    assert release._by(Host(tmp_path / "host", 1), "new", "rolled back") == became
    assert release._by(Host(tmp_path / "host", 1), "new", "held") == "held"


def test_the_demonstration_has_rules_of_its_own(tmp_path: Path) -> None:
    """Whatever a project's are, and with sections that hold nothing: a canary, judged; the gate asked a few times."""
    (tmp_path / "params.yaml").write_text("gate:\ncanary: {strategy: all_at_once, signals: {labels: false}}\n")
    scratch = Scratch(tmp_path, tmp_path)
    scratch.edit_params("canary", release.HASTE)
    scratch.edit_params("gate", {"life": 4})
    settings = Project(tmp_path).canary
    assert (settings.strategy, settings.on_timeout, settings.signals.drift) == ("canary", "hold", None)
    assert settings.signals.labels is not None
    assert Project(tmp_path).gate.life == 4


@pytest.mark.parametrize(
    ("now", "tried"),
    [
        ("sklearn.tree.DecisionTreeClassifier", "RandomForest"),
        ("sklearn.ensemble.RandomForestClassifier", "ExtraTrees"),
    ],
)
def test_another_model_is_another(tmp_path: Path, now: str, tried: str) -> None:
    """Where the champion is the one that is tried first, the next is."""
    (tmp_path / "params.yaml").write_text(f"train: {{estimator: {now}}}\n")
    assert tried in proposals._other(Scratch(tmp_path, tmp_path), proposals.BETTER["classes"])[0]


@pytest.mark.parametrize(
    ("signature", "labels"),
    [({}, [1.5, 2.5, 9.0]), ({"classes": [1, 2]}, [1, 2]), ({"classes": ["1", "2", "3"]}, ["1", "2"])],
)
def test_users_ask_about_rows_whose_label_the_model_can_give(
    tmp_path: Path, signature: dict, labels: list[object]
) -> None:
    """Any number for a regression, whose signature has no classes; for classes, in the classes' own type."""
    (tmp_path / "params.yaml").write_text("data: {source: t.csv}\n")
    table = pd.DataFrame({"x": [1, 2, 3], "y": [1, 2, 9] if signature else [1.5, 2.5, 9.0]})
    for folder in ("data", "models"):
        (tmp_path / folder).mkdir()
    table.to_parquet(tmp_path / "data/dev.parquet")
    about = {"target": "y", "columns": [{"name": "x", "kind": "numeric"}], **signature}
    (tmp_path / "models/signature.json").write_text(json.dumps(about))
    rows, told = live.live(Scratch(tmp_path, tmp_path))
    assert told == labels
    assert rows == [{"x": number + 1} for number in range(len(labels))]


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers every third prediction with an error, the others with one class; of labels it knows two of three."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).asked += self.path == "/predict"
        failed = self.path == "/predict" and self.asked % 3 == 0
        content = {"prediction": "a", "model_version": "v1", "request_id": "1"}
        if self.path == "/feedback":
            content = {"outcome": {"a": "right", "b": "wrong", "c": "unmatched"}[asked["label"]]}
        said = json.dumps(content).encode()
        self.send_response(500 if failed else 200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


@pytest.fixture
def port() -> Iterator[int]:
    """Where a service answers."""
    Answering.asked = 0
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_users_count_what_they_see(port: int) -> None:
    """Answers by version, and what became of their labels; an error is noted, with what was said."""
    enough = threading.Event()
    with Users(port, [{"x": 1}, {"x": 2}, {"x": 3}, {"x": 4}], ["a", "b", "c", "c"], rate=400, lag=0.01) as users:
        while not enough.wait(0.01):
            if users.tally.answered["v1"] >= 40 and users.tally.failed:
                enough.set()
    tally = users.tally
    assert 0 < tally.wrong["v1"] < tally.labelled["v1"] < tally.answered["v1"]
    assert all(each.startswith("/predict: 500 ") for each in tally.failed)
    assert abs(tally.answered["v1"] - 2 * len(tally.failed)) <= 4
