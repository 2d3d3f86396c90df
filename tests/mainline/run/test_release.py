"""What the demonstration makes of the judge's answers, and of what users see."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from mainline.host import state
from mainline.host.model import Bar, Phase, Placed, Release, State
from mainline.host.state import Memory
from mainline.run import proposals, release
from mainline.run.host import Host
from mainline.run.scratch import Scratch
from mainline.run.users import Users

TOP = Path(__file__).parents[3]
OPINION = {"reason": "held: not yet shown to be as good in labels", "signals": {}}


def kept(folder: Path, phase: Phase, *bars: Bar) -> Host:
    """A host whose agent remembers a candidate."""
    candidate = Placed("green", Release("new"), phase, 0.0, up=True, share=0.3)
    folder.mkdir(exist_ok=True)
    state.save(folder, Memory(State(other=candidate, barred=bars), opinion=OPINION, judged="new in green beside old"))
    return Host(folder, 1)


@pytest.mark.parametrize(
    ("phase", "bars", "outcome"),
    [
        ("passed", (), ("passed", "")),
        ("leaving", (Bar("new", "9 of 9 were wrong"),), ("rolled back", "9 of 9 were wrong")),
        ("canary", (Bar("other", "it was slow"),), ("held", "not yet shown to be as good in labels")),
    ],
)
def test_each_answer_of_the_judge_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: Phase, bars: tuple[Bar, ...], outcome: tuple[str, str]
) -> None:
    """With a table of one's own a canary may neither pass nor fall in time: that ends no demonstration."""
    monkeypatch.setattr(release, "JUDGED_WITHIN", 0.3)
    host = kept(tmp_path / "host", phase, *bars)
    assert release._judged(host, "new", Users(1, [], [], rate=1, lag=1)) == outcome


@pytest.mark.parametrize("change", [proposals.SKEW, proposals.SLOW])
def test_the_service_can_be_broken_for_a_demonstration(change: tuple[str, str, str]) -> None:
    """The lines that are changed are there, once."""
    name, before, after = change
    text = (TOP / name).read_text()
    assert text.count(before) == 1
    compile(text.replace(before, after), name, "exec")


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
    rows, told = release.live(Scratch(tmp_path, tmp_path))
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
