"""`mainline register` against real MLflow servers, on SQLite and on PostgreSQL."""

import json
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from line.tests import mlflow_servers
from line.tests.projects import commit_all, edit
from mainline import cli, ledger
from mainline.commands import lock, register
from mainline.errors import ConfigError, ToolFailed
from mainline.package import registry, upload
from mainline.package.pinned import Pinned
from mainline.package.registry import Registered
from mainline.project import Project
from mainline.tools import dvc, git

pytestmark = pytest.mark.slow

DIGEST = "sha256:" + "0a" * 32
FORK = multiprocessing.get_context("fork")


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def server(request: pytest.FixtureRequest) -> str:
    """Each server in turn."""
    return str(request.getfixturevalue(request.param))


@contextmanager
def mlflow_as_it_was() -> Iterator[None]:
    """What a registration sets for the process is undone, and nothing is set before."""
    import mlflow

    before = dict(os.environ)
    for name in [name for name in before if name.startswith("MLFLOW_")]:
        del os.environ[name]
    try:
        yield
    finally:
        mlflow.set_tracking_uri(None)
        mlflow.set_registry_uri(None)
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(autouse=True)
def _each_for_itself() -> Iterator[None]:
    with mlflow_as_it_was():
        yield


@dataclass(frozen=True)
class Line:
    """A project whose champion is registered on a server."""

    root: Path
    url: str
    made: Registered

    def again(self, **options: Any) -> Registered:
        """Register what HEAD pins."""
        os.environ["MLFLOW_TRACKING_URI"] = self.url
        return register.register(Project(self.root), alias=options.pop("alias", "champion"), **options)


@pytest.fixture(scope="module")
def line(server: str, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Line:
    """A champion, registered from a tree whose loose files are not those of the commit."""
    root = copied(built, tmp_path_factory.mktemp("registered") / "project")
    entry = {
        "kind": "decision",
        "verdict": "NOT CERTIFIED",
        "challenger": {"model": Pinned.at_head(Project(root)).model},
    }
    assert ledger.append(root, ledger.read(root), entry)
    (root / "src/pipeline/model/saving.py").write_text("raise SystemExit('loose')\n")
    (root / "models/model.skops").unlink()
    with mlflow_as_it_was():
        os.environ["MLFLOW_TRACKING_URI"] = server
        made = register.register(Project(root), alias="champion")
    git.git("checkout", "--quiet", "--", "src", root=root)
    return Line(root, server, made)


def copied(built: Path, root: Path) -> Path:
    """A project of one's own, everything committed."""
    subprocess.run(["cp", "-a", str(built), str(root)], check=True)
    (root / "README.md").write_text(str(root))  # so that its commit is its own
    commit_all(root, "Build the champion")
    return root


def client(url: str) -> Any:
    """MLflow's client of a server."""
    import mlflow

    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri(url)
    return mlflow.MlflowClient()


def versions(url: str, name: str) -> list[int]:
    """The numbers of a registered model's versions."""
    return sorted(int(each.version) for each in client(url).search_model_versions(f"name = '{name}'"))


def aliases(url: str, name: str) -> dict[str, int]:
    """Which alias points to which version."""
    return {alias: int(version) for alias, version in client(url).get_registered_model(name).aliases.items()}


def judged(root: Path) -> pd.DataFrame:
    """The answers of predictions/dev.parquet."""
    return pd.read_parquet(root / "predictions/dev.parquet").drop(columns="row_id")


FRESH = """
import sys, mlflow, pandas
said = mlflow.pyfunc.load_model(sys.argv[1]).predict(pandas.read_parquet(sys.argv[2]))
said.to_parquet(sys.argv[3])
import pipeline
print(pipeline.__file__)
"""


def in_a_fresh_process(uri: str, rows: Path, folder: Path, **servers: str) -> tuple[pd.DataFrame, str]:
    """What a process that knows nothing of the project gets from MLflow, and whose code answered."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PYTHONPATH"))}
    command = [sys.executable, "-W", "ignore", "-c", FRESH, uri, str(rows), str(folder / "said.parquet")]
    done = subprocess.run(command, cwd=folder, env=kept | servers, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return pd.read_parquet(folder / "said.parquet"), done.stdout.splitlines()[-1]


def test_a_first_registration_says_where_the_model_comes_from(line: Line) -> None:
    """Version 1 has the champion's alias, and tags that lead back to commit, lock, model, data, Bento and verdict."""
    pinned = Pinned.at_head(Project(line.root))
    assert (line.made.version, line.made.created, line.made.aliases) == (1, True, ("champion",))
    assert line.made.uri == "models:/digitline@champion"
    assert line.made.tags == {
        "mainline.commit": git.commit_of("HEAD", line.root),
        "mainline.model": dvc.outputs((line.root / "dvc.lock").read_text())["models/model.skops"],
        "mainline.data": dvc.md5(line.root / "data/raw.parquet"),
        "mainline.commands.lock": subprocess.run(
            ["sha256sum", "dvc.lock"], cwd=line.root, capture_output=True, text=True, check=True
        ).stdout.split()[0],
        "mainline.bento": f"digitline:{pinned.commit[:12]}-{pinned.model[:8]}",
        "mainline.verdict": "NOT CERTIFIED",
        "mainline.task": "multiclass",
        "mainline.checked": f"{len(judged(line.root))} dev rows, to the last bit",
    }
    version = client(line.url).get_model_version("digitline", "1")
    assert version.description == (line.root / "models/card.md").read_text().rstrip()
    metrics = json.loads((line.root / "metrics/dev.json").read_text())
    run = client(line.url).get_run(version.run_id)
    assert run.data.metrics == {f"dev_{name}": value for name, value in metrics.items()}
    assert (run.info.status, run.data.tags["mlflow.source.git.commit"]) == ("FINISHED", pinned.commit)
    logged = client(line.url).get_logged_model(version.source.removeprefix("models:/"))
    assert {each.key: each.value for each in logged.metrics} == run.data.metrics


def test_a_version_says_what_goes_in_and_what_comes_out(line: Line, tmp_path: Path) -> None:
    """Signature, example and requirements are there; none of the files is a pickle."""
    import mlflow

    client(line.url)
    folder = Path(mlflow.artifacts.download_artifacts("models:/digitline/1", dst_path=str(tmp_path)))
    stated = mlflow.models.Model.load(str(folder))
    read = [c for c in json.loads((line.root / "models/signature.json").read_text())["columns"] if "minimum" in c]
    assert {each.name: each.type.name for each in stated.signature.inputs} == {c["name"]: "double" for c in read}
    assert {each.name: each.type.name for each in stated.signature.outputs} == {
        "prediction": "long",
        **{f"p_{digit}": "double" for digit in range(10)},
    }
    example = stated.load_input_example(str(folder)).iloc[0]
    assert example.to_dict() == {c["name"]: c["typical"] for c in read}
    pins, wanted = (
        set(re.findall(r"^([\w.-]+==[\w.]+)", path.read_text(), re.MULTILINE))
        for path in (folder / "requirements.txt", line.root / "requirements/service.txt")
    )
    assert {each for each in pins - wanted if not each.startswith("mlflow==")} == set()
    assert wanted - pins == set()
    assert {path.suffix for path in folder.rglob("*") if path.is_file()} <= {
        "", ".py", ".txt", ".yaml", ".json", ".skops"
    }  # fmt: skip


def test_a_fresh_process_answers_as_was_judged(line: Line, tmp_path: Path) -> None:
    """Loaded by its alias, with the commit's own code, the model's answers equal predictions/dev.parquet."""
    rows = line.root / "data/dev.parquet"
    said, code = in_a_fresh_process("models:/digitline@champion", rows, tmp_path, MLFLOW_TRACKING_URI=line.url)
    pd.testing.assert_frame_equal(said, judged(line.root), check_exact=True)
    assert not code.startswith(str(Path(register.__file__).parents[1]))


def test_again_makes_nothing_new_and_completes_what_is_missing(line: Line) -> None:
    """The same commit and model keep their version; tags that were lost come back, a digest is added and stays."""
    before = versions(line.url, "digitline")
    client(line.url).delete_model_version_tag("digitline", "1", "mainline.data")
    client(line.url).update_model_version("digitline", "1", "")
    made = line.again(digest=DIGEST)
    assert (made.version, made.created) == (1, False)
    assert made.tags == line.made.tags | {"mainline.image": DIGEST}
    assert line.again().tags["mainline.image"] == DIGEST
    assert client(line.url).get_model_version("digitline", "1").description.startswith("# Model card")
    assert versions(line.url, "digitline") == before


def test_the_alias_moves_and_moves_back(line: Line) -> None:
    """A newer commit takes the alias; an older one gets it back, and production is an alias of its own."""
    old = git.commit_of("HEAD", line.root)
    (line.root / "NOTES.md").write_text("newer")
    commit_all(line.root, "A newer commit")
    newer = line.again()
    assert newer.created
    assert aliases(line.url, "digitline") == {"champion": newer.version}
    git.git("checkout", "--quiet", old, root=line.root)
    assert line.again(alias="production").aliases == ("production",)
    assert aliases(line.url, "digitline") == {"champion": newer.version, "production": 1}
    back = line.again()
    assert (back.version, back.created, back.aliases) == (1, False, ("champion", "production"))


def killed_at(function: str) -> Callable[..., None]:
    """A step at which the process dies."""

    def die(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    die.__name__ = function
    return die


@pytest.mark.parametrize(
    ("module", "step", "left"),
    [(upload, "version_of", []), (registry, "_complete", [1])],
    ids=["uploaded, no version", "a version, no alias"],
)
def test_whoever_is_killed_runs_it_again(
    module: Any, step: str, left: list[int], built: Path, sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between two steps there is no alias; the next registration completes it, with one upload and version."""
    root, name = copied(built, tmp_path / "project"), f"killed-{step}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", sqlite)
    with monkeypatch.context() as patch:
        patch.setattr(module, step, killed_at(step))
        process = FORK.Process(
            target=register.register, args=(Project(root),), kwargs={"alias": "champion", "name": name}
        )
        process.start()
        process.join()
    assert process.exitcode == -signal.SIGKILL
    assert versions(sqlite, name) == left
    assert aliases(sqlite, name) == {}
    for version in client(sqlite).search_model_versions(f"name = '{name}'"):
        for tag in version.tags:  # as if it had been made without
            client(sqlite).delete_model_version_tag(name, version.version, tag)
    made = register.register(Project(root), alias="champion", name=name)
    assert (versions(sqlite, name), aliases(sqlite, name)) == ([1], {"champion": 1})
    assert made.tags["mainline.commit"] == git.commit_of("HEAD", root)
    assert "mainline.checked" in made.tags
    assert len(upload.found(client(sqlite), Pinned.at_head(Project(root)))) == 1


def test_two_at_once_end_with_one_version(
    built: Path, postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes that both found no version, and both made one, end with the same."""
    root, together, original = copied(built, tmp_path / "project"), FORK.Barrier(2), upload.version_of

    def version_of(*arguments: Any) -> Any:
        together.wait(60)
        made = original(*arguments)
        together.wait(60)
        return made

    monkeypatch.setenv("MLFLOW_TRACKING_URI", postgresql)
    monkeypatch.setattr(upload, "version_of", version_of)
    options = {"alias": "champion", "name": "contested"}
    both = [FORK.Process(target=register.register, args=(Project(root),), kwargs=options) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert versions(postgresql, "contested") == [1]
    assert aliases(postgresql, "contested") == {"champion": 1}
    assert len(client(postgresql).search_model_versions("name = 'contested' AND tags.`mainline.checked` LIKE '%'")) == 1


def test_a_version_that_answers_otherwise_gets_no_alias(
    built: Path, sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code that loads the pinned model and answers something else is found before the alias moves."""
    root = copied(built, tmp_path / "project")
    loader = root / "src/pipeline/model/mlflow_model.py"
    loader.write_text(
        loader.read_text() + "\n\npredicting.predict = lambda *a, p=predicting.predict: p(*a).assign(p_0=0.5)\n"
    )
    commit_all(root, "Answer otherwise")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", sqlite)
    with pytest.raises(ToolFailed, match=r"gets no alias.* dev rows are answered otherwise than in predictions"):
        register.register(Project(root), alias="champion", name="otherwise")
    assert aliases(sqlite, "otherwise") == {}


def test_the_registry_may_be_elsewhere(
    built: Path, sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With MLFLOW_REGISTRY_URI the version is there; its run and its files stay with MLFLOW_TRACKING_URI."""
    root, elsewhere = copied(built, tmp_path / "project"), f"sqlite:///{tmp_path}/registry.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", sqlite)
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", elsewhere)
    made = register.register(Project(root), alias="champion", name="elsewhere")
    assert made.tags["mainline.checked"].endswith("to the last bit")
    assert not register.register(Project(root), alias="champion", name="elsewhere").created
    assert versions(elsewhere, "elsewhere") == [1]
    assert versions(sqlite, "elsewhere") == []
    assert len(upload.found(client(sqlite), Pinned.at_head(Project(root)))) == 1


def own_table(folder: Path) -> str:
    """Whole numbers, gaps, emoji, free text, dates to the end of time, and a number to predict."""
    random, rows = np.random.default_rng(3), 400
    age, weight = random.integers(18, 90, rows), random.normal(70, 10, rows)
    town = random.choice(["Ulm", "Köln 🎉", "Bad Salzuflen"], rows)
    words = np.array(["red", "green", "blue", "big", "small", "old", "new"])
    until = pd.to_datetime("2020-01-01") + pd.to_timedelta(random.integers(0, 1000, rows), unit="D")
    frame = pd.DataFrame(
        {
            "age": age,
            "weight": np.where(random.random(rows) < 0.1, np.nan, weight.round(1)),
            "town": pd.Series(town).mask(random.random(rows) < 0.1),
            "note": [" ".join(random.choice(words, 6)) for _ in range(rows)],
            "until": np.where(random.random(rows) < 0.1, "9999-12-31", until.strftime("%Y-%m-%d")),
            "since": until.strftime("%Y-%m-%d"),
            "cost": (age * 3.7 + weight + 40 * (town == "Ulm") + random.normal(0, 5, rows)).round(2),
        }
    )
    frame.to_csv(folder / "own.csv", index=False)
    return str(folder / "own.csv")


def test_a_table_of_ones_own_is_served_as_it_was_judged(
    project: Path, sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A regression on mixed columns: typed where MLflow's types fit, and `mlflow models serve` answers to the bit."""
    ridge = {"estimator": "sklearn.linear_model.Ridge", "params": {}, "scale": True}
    data = {"source": own_table(tmp_path), "rows": None, "target": "cost"}
    edit(
        project, data=data, validate={"rules": {}, "known_leaks": ["note"]}, train=ridge, service={"private": ["town"]}
    )
    lock.refresh(Project(project))
    commit_all(project, "A table of our own")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", sqlite)
    made = register.register(Project(project), alias="production", name="Cost of a stay 🏨")
    assert made.tags["mainline.task"] == "regression"
    import mlflow

    info = mlflow.models.get_model_info(made.uri)
    assert {each.name: str(each.type) for each in info.signature.inputs} == {
        "age": "Any", "weight": "DataType.double", "town": "DataType.string", "note": "DataType.string",
        "until": "Any", "since": "DataType.datetime",
    }  # fmt: skip
    assert (
        "Ulm"
        not in str(info.signature)
        + Path(mlflow.artifacts.download_artifacts(f"{made.uri}/input_example.json")).read_text()
    )

    rows = pd.read_parquet(project / "data/dev.parquet").drop(columns=["row_id", "cost"])
    body = json.dumps(
        {"dataframe_split": json.loads(rows.to_json(orient="split", date_format="iso", double_precision=15))}
    )
    with mlflow_servers.served(made.uri, sqlite, tmp_path) as address:
        request = urllib.request.Request(f"{address}/invocations", body.encode(), {"Content-Type": "application/json"})
        said = json.load(urllib.request.urlopen(request, timeout=60))["predictions"]
    assert [each["prediction"] for each in said] == judged(project)["prediction"].tolist()


ME = "me:" + "secret"  # in two parts, for those who look for secrets in code


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://127.0.0.1:9", "http://127.0.0.1:9: no answer"),
        (f"http://{ME}@no-such-host.invalid", "http://me:***@no-such-host.invalid: no answer"),
        (f"postgresql+psycopg://{ME}@127.0.0.1:9/db", "postgresql+psycopg://me:***@127.0.0.1:9/db: "),
        ("bogus://x", "bogus://x: "),
        ("http://[x", "http://[x: not an address"),
    ],
)
def test_a_server_that_is_down_is_one_line(
    uri: str, shown: str, project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It ends with an error, and one line that says where, without the password."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.chdir(project)
    with pytest.raises(SystemExit) as ended:
        cli.main(["register"])
    assert ended.value.code in (1, 2)
    shown_lines = [each for each in capfd.readouterr().err.splitlines() if each]
    assert len(shown_lines) == 1
    assert shown in shown_lines[0]
    assert "secret" not in shown_lines[0]


@pytest.mark.smoke
def test_a_silent_server_is_given_up(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes the connection and never answers is an error; the bound is the environment's, if set."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(ToolFailed, match="no answer"):
            register.register(Project(project), alias="champion")


@pytest.mark.parametrize("name", ["a/b", "a:b", "", "x" * 257, "a@b", "what?", "#1", "it's", "two\nlines"])
def test_a_name_that_mlflow_refuses_or_loses_is_one_line(name: str, line: Line) -> None:
    """Names that cannot be kept, or not be found again, are refused before anything is registered."""
    with pytest.raises(ConfigError, match=r"^--name (?s:.*)give ") as said:
        line.again(name=name)
    assert "\n" not in str(said.value).replace(name, "")
    assert {each.name for each in client(line.url).search_registered_models()} & {name} == set()


@pytest.mark.parametrize("digest", ["latest", "sha256:abc", "sha256:" + "G" * 64, ""])
def test_a_digest_that_is_none_is_refused(digest: str, project: Path) -> None:
    """Only sha256: and 64 hex digits name an image."""
    with pytest.raises(ConfigError, match=r"--digest .*not an image's digest"):
        register.register(Project(project), alias="champion", digest=digest)


def test_a_commit_without_what_is_needed_is_not_registered(project: Path) -> None:
    """By default it is the project's mlflow.db; a commit that lacks the loader, or the model, says so."""

    def refused() -> str:
        # a process of its own: MLflow keeps the first mlflow.db that it opened, whatever folder comes next
        command = [sys.executable, "-m", "mainline", "register", "--alias", "champion"]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 2, done.stderr
        return done.stderr

    git.git("rm", "--quiet", "src/pipeline/model/mlflow_model.py", root=project)
    commit_all(project, "No loader")
    assert re.search(r"lacks .*src/pipeline/model/mlflow_model\.py", refused())
    assert (project / "mlflow.db").exists()
    git.git("rm", "--quiet", "dvc.lock", root=project)
    commit_all(project, "No model")
    assert "pins no model" in refused()


def test_the_command_prints_one_line_or_json(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line has version, alias and address; the JSON has all of it."""
    made = Registered("digitline", 3, "models:/digitline@champion", ("champion",), {"mainline.task": "binary"}, True)
    monkeypatch.setattr(register, "register", lambda *_, **__: made)
    monkeypatch.chdir(project)
    cli.cli(["register"], standalone_mode=False)
    assert capsys.readouterr().out == "✓ digitline version 3 registered, champion: models:/digitline@champion\n"
    cli.cli(["register", "--json"], standalone_mode=False)
    assert json.loads(capsys.readouterr().out)["tags"] == {"mainline.task": "binary"}
