"""The gate on whole retrainings: a recipe as main has it, more rows, and rows that nobody has seen to judge it by."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from line.tests.gate.test_decide import STUMP, gate
from line.tests.projects import commit_all, edit, use_cache
from line.tests.test_retraining import SAID
from mainline import ledger, outputs, retraining, unopened
from mainline.commands import lock, report, status
from mainline.errors import Refused
from mainline.gate import comparison
from mainline.gate.decide import decide
from mainline.gate.verdict import NOT_CERTIFIED, PASS, UNCHANGED
from mainline.project import Project
from mainline.retraining import FILE
from mainline.stream.files import ROWS
from mainline.tools import dvc, git

pytestmark = pytest.mark.slow

TABLE = "data/source/own.csv"
WINDOWS = {"dev": (0.0, 0.15), "train": (0.5, 1.0)}


def keys(prefix: str, side: str, count: int) -> list[str]:
    """Ids that split puts on a side, by what stands in them behind the last colon."""
    found: list[str] = []
    for n in range(100 * count):
        name = f"{prefix}{n}"
        key = name.rpartition(":")[2]
        at = int.from_bytes(hashlib.blake2b(f"mainline\0{key}".encode(), digest_size=8).digest()) / 2**64
        if WINDOWS[side][0] <= at < WINDOWS[side][1] and len(found) < count:
            found.append(name)
    return found


def made(ids: list[str], seed: int, *, guessed: bool = False) -> pd.DataFrame:
    """Rows whose answer is the sign of a product, but for some noise; or anything."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(len(ids), 4)).round(4), columns=list("abcd"))
    product = frame["a"] * frame["b"] + rng.normal(scale=0.2, size=len(ids))
    frame["answer"] = np.where(rng.random(len(ids)) < 0.5 if guessed else product > 0, "yes", "no")
    return frame.assign(id=ids)


def train_again(root: Path, *more: pd.DataFrame, number: int = 1) -> None:
    """Add rows to those that production brought, build, say that it is a retraining, and commit."""
    path = root / ROWS
    if more:
        came = pd.concat(more).rename(columns={"id": "row_id"}).assign(_day=SAID.until)
        pd.concat([*([pd.read_parquet(path)] if path.exists() else []), came]).to_parquet(path, index=False)
        dvc.add(root, ROWS)
    lock.refresh(Project(root))
    told = replace(SAID, number=number, base=git.commit_of("main", root), stream=dvc.md5(path) or "")
    (root / FILE).write_text(told.text())
    commit_all(root, "Train again")


def counted(root: Path) -> int:
    """How many rows the dev figures are of."""
    return int(json.loads((root / "metrics/dev.json").read_text())["rows"])


def dev_rows(root: Path, *, but: str) -> int:
    """How many dev rows there are, but for those whose ids begin so."""
    return int((~pd.read_parquet(root / "data/dev.parquet")["row_id"].str.startswith(but)).sum())


@pytest.fixture(scope="module")
def begun(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose champion, on main, has learnt from few rows of a table with ids; not to be changed."""
    root = tmp_path_factory.mktemp("begun") / "project"
    shutil.copytree(built, root, symlinks=True)
    use_cache(root, built)
    made([f"r{n}" for n in range(300)], 1).to_csv(root / TABLE, index=False)
    edit(
        root,
        data={"source": TABLE, "rows": None, "target": "answer", "id": "id"},
        validate={"rules": {}},
        gate={"max_mde": 0.2},
    )
    lock.refresh(Project(root))
    commit_all(root, "A table with ids")
    git.git("switch", "--quiet", "--create", "retrain", root=root)
    return root


@pytest.fixture(scope="module")
def better(begun: Path) -> Path:
    """A retraining that has learnt from many more rows, and 600 that are to judge it; not to be changed."""
    root = begun.parent.parent / "better"
    shutil.copytree(begun, root, symlinks=True)
    train_again(root, made(keys("stream:", "train", 2000), 2), made(keys("asked:1:", "dev", 600), 3))
    return root


@pytest.fixture
def own(tmp_path: Path) -> Callable[[Path], Path]:
    """A copy of a project, of one's own."""

    def copied(source: Path) -> Path:
        return Path(shutil.copytree(source, tmp_path / "own", symlinks=True))

    return copied


def test_a_better_model_passes_and_no_decision_is_drawn(
    better: Path, own: Callable[[Path], Path], tmp_path: Path
) -> None:
    """On the fresh rows alone; asked again, and by whoever does not open the branch, the ledger answers."""
    root = own(better)
    assert counted(root) == dev_rows(root, but="asked:1:")
    done = gate(root)
    assert done.returncode == 0, done.stderr
    assert "retraining 1, 1 of 12 this year" in done.stdout
    assert "judged on 600 rows that production brought and nobody had seen" in done.stdout
    assert "decisions of the sealed" not in done.stdout
    shown = report._last_verdict(Project(root), git.commit_of("main", root))
    assert shown is not None
    assert shown.remaining.startswith("Retraining 1: 1 of 12 in the last 365 days")
    history = ledger.read(root)
    (entry,) = history.entries
    assert history.decisions(("mainline", 0)) == []
    assert (entry["kind"], entry["number"], entry["verdict"], entry["fresh"][1]) == ("retrain", 1, PASS, 600)
    assert history.verdict(dvc.md5(root / "models/model.skops") or "") == PASS
    assert entry["trigger"] == {"why": "worse", "words": SAID.trigger.words}
    assert (entry["until"], entry["stream"]) == (SAID.until, dvc.md5(root / ROWS))
    assert entry["rows"] == SAID.rows
    assert entry["dev"]["accuracy"][0] > entry["dev"]["accuracy"][1]
    decision = decide(Project(root), "main")
    assert (decision.verdict, decision.retrain, decision.used, decision.life) == (PASS, 1, 1, 12)
    outputs.pack(Project(root), tmp_path / "handed over", {})
    with unopened.opened(Project(root), git.commit_of("HEAD", root), tmp_path / "handed over") as unseen:
        assert decide(unseen, "main") == decision
    assert len(ledger.read(root).entries) == 1


def test_a_branch_that_is_not_opened_is_judged_the_same(
    better: Path, own: Callable[[Path], Path], tmp_path: Path
) -> None:
    """By its texts and files, main's own code answering for its rows; a damaged text is refused in a line."""
    root = own(better)
    outputs.pack(Project(root), tmp_path / "handed over", {})
    with unopened.opened(Project(root), git.commit_of("HEAD", root), tmp_path / "handed over") as unseen:
        assert decide(unseen, "main").verdict == PASS
    told = retraining.parsed((root / FILE).read_text())
    (root / FILE).write_text(replace(told, stream="b" * 32).text())
    commit_all(root, "Other rows than are pinned")
    with pytest.raises(Refused, match=rf"its stream is b{{32}}, and .* of this commit pins {told.stream}; let"):
        decide(Project(root), "main")
    other = unopened.opened(Project(root), git.commit_of("HEAD", root), tmp_path / "handed over")
    with other as unseen, pytest.raises(Refused, match="its stream is b"):
        decide(unseen, "main")
    (root / FILE).write_text("[" * 100_000)
    commit_all(root, "Deep")
    deep = unopened.opened(Project(root), git.commit_of("HEAD", root), tmp_path / "handed over")
    with deep as unseen, pytest.raises(Refused, match=r"^models/retrain\.json: not as [^\n]*$"):
        decide(unseen, "main")


def test_other_answers_are_another_number(better: Path, own: Callable[[Path], Path]) -> None:
    """The rows of a number are asked once; the next number has rows of its own."""
    root = own(better)
    assert decide(Project(root), "main").verdict == PASS
    train_again(root, made(keys("stream:more", "train", 200), 5))
    with pytest.raises(Refused, match="number 1 has been asked, and each is asked once"):
        decide(Project(root), "main")
    train_again(root, made(keys("asked:2:", "dev", 500), 6), number=2)
    assert counted(root) == dev_rows(root, but="asked:2:") > dev_rows(root, but="asked:")
    decision = decide(Project(root), "main")
    assert (decision.retrain, decision.used) == (2, 2)
    assert [entry["fresh"][1] for entry in ledger.read(root).retrainings] == [600, 500]


def test_worse_and_undecided_look_the_same(begun: Path, own: Callable[[Path], Path]) -> None:
    """A model that learnt nonsense is told how far so many rows see, and nothing of what they hold."""
    root = own(begun)
    nonsense = made(keys("stream:", "train", 2000), 2, guessed=True)
    train_again(root, nonsense, made(keys("asked:1:", "dev", 600), 3))
    decision = decide(Project(root), "main")
    assert (decision.verdict, decision.used, len(ledger.read(root).retrainings)) == (NOT_CERTIFIED, 1, 1)
    (why,) = decision.reasons
    assert why.startswith(
        "the condition is superiority (accuracy: better than the champion); with 600 fresh rows at the level of one of "
        "12 retrainings a year (0.0042) only gains above about "
    )
    labels, said = (pd.read_parquet(root / f"{name}/dev.parquet") for name in ("data", "predictions"))
    fresh = labels["row_id"].str.startswith("asked:1:").to_numpy()
    share = (labels["answer"] == said["prediction"])[fresh].mean()
    written = str(ledger.read(root).entries) + str(decision.as_dict())
    assert not any(f"{share:.{digits}f}" in written for digits in (3, 4, 5))


def test_a_model_as_main_has_it_draws_nothing(begun: Path, own: Callable[[Path], Path]) -> None:
    """Rows that only judge leave the model as it was: there is nothing to be judged."""
    root = own(begun)
    train_again(root, made(keys("asked:1:", "dev", 50), 3))
    decision = decide(Project(root), "main")
    assert (decision.verdict, decision.retrain, decision.used) == (UNCHANGED, 1, 0)
    assert ledger.read(root).entries == ()


def test_a_bar_that_falls_spends_the_number(better: Path, own: Callable[[Path], Path]) -> None:
    """It is an answer to this retraining, though no figure counts its fresh rows."""
    root = own(better)
    git.git("switch", "--quiet", "main", root=root)
    edit(root, gate={"bars": {"floor": {"accuracy": 0.999}}})
    commit_all(root, "A bar")
    git.git("switch", "--quiet", "retrain", root=root)
    git.git(*git.IDENTITY, "merge", "--quiet", "--no-edit", "main", root=root)
    decision = decide(Project(root), "main")
    assert (decision.verdict, decision.used) == (NOT_CERTIFIED, 1)
    assert "the bar is 0.999" in decision.reasons[0]
    assert [entry["verdict"] for entry in ledger.read(root).retrainings] == [NOT_CERTIFIED]


def test_rows_that_would_show_nothing_are_waited_for(better: Path, own: Callable[[Path], Path]) -> None:
    """Where main asks for more than they can see: refused, and the number is not drawn."""
    root = own(better)
    git.git("switch", "--quiet", "main", root=root)
    edit(root, gate={"max_mde": 0.01})
    commit_all(root, "Small gains count")
    git.git("switch", "--quiet", "retrain", root=root)
    git.git(*git.IDENTITY, "merge", "--quiet", "--no-edit", "main", root=root)
    with pytest.raises(Refused, match=r"^with 600 fresh rows .* over gate\.max_mde \(0\.01\); wait for \d+,\d+ rows"):
        decide(Project(root), "main")
    assert ledger.read(root).entries == ()


def test_main_keeps_its_rows(better: Path, own: Callable[[Path], Path]) -> None:
    """Other labels for main's dev rows, or rows of its that are gone: refused as of any branch."""
    root = own(better)
    table = pd.read_csv(root / TABLE)
    mine = table["id"].str.startswith("r")
    table.loc[mine, "answer"] = table.loc[mine, "answer"].map({"yes": "no", "no": "yes"})
    table.to_csv(root / TABLE, index=False)
    train_again(root)
    with pytest.raises(Refused, match=r"of main's \d+ sealed rows 0 are gone, .* labelled otherwise it is: more than"):
        decide(Project(root), "main")


def test_what_breaks_on_the_fresh_rows_is_a_verdict(
    better: Path, own: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recorded under the number, without a word of what broke."""
    root = own(better)
    whole = comparison.read

    def broken(project: Project, labels: Path, *rest: object, **more: object) -> comparison.Comparison:
        if labels.name == "fresh.parquet":
            raise Refused("row 7 is a yes")
        return whole(project, labels, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(comparison, "read", broken)
    decision = decide(Project(root), "main")
    assert (decision.verdict, len(ledger.read(root).retrainings)) == (NOT_CERTIFIED, 1)
    assert "row 7" not in str(decision.as_dict())


def test_people_go_on_from_where_they_were(
    better: Path, own: Callable[[Path], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """After a retraining is merged a person's branch has its file as main has it, and draws decision 1."""
    root = own(better)
    assert decide(Project(root), "main").verdict == PASS
    git.git("branch", "--force", "main", root=root)
    edit(root, train=STUMP)
    lock.refresh(Project(root))
    commit_all(root, "Try another model")
    decision = decide(Project(root), "main")
    assert (decision.verdict, decision.retrain, decision.used, decision.life) == (NOT_CERTIFIED, None, 1, 32)
    assert [entry["t"] for entry in ledger.read(root).decisions(("mainline", 0))] == [1]
    status.show(Project(root), "main")
    said = capsys.readouterr().out
    assert "1 of 32 decisions of the sealed test set are used" in said
    assert "1 of 12 retrainings of the last 365 days are judged" in said
