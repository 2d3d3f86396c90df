"""The cache is held to its names: what is no content of its own is dropped, and no half of a file ever stands there."""

import hashlib
import json
import multiprocessing
from pathlib import Path

import pytest

from mainline.errors import Refused
from mainline.tools import cache

FORK = multiprocessing.get_context("fork")
CONTENT = bytes(range(256)) * (3 * 2**12)
NAME = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of three mebibytes."""
    (tmp_path / "file").write_bytes(CONTENT)
    return tmp_path / "file"


def names(folder: Path) -> list[str]:
    """All files below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_is_put_by_its_content(file: Path, tmp_path: Path) -> None:
    """Read-only, as DVC has it, and once."""
    kept = tmp_path / "cache"
    assert cache.put(file, kept, NAME)
    assert names(kept) == [f"{NAME[:2]}/{NAME[2:]}"]
    place = cache.place(kept, NAME)
    assert (place.stat().st_mode & 0o777, cache.whole(place, NAME)) == (0o444, True)
    before = place.stat().st_ino
    assert cache.put(file, kept, NAME)
    assert place.stat().st_ino == before


def test_half_a_file_gives_way_to_the_whole_one(file: Path, tmp_path: Path) -> None:
    """What a power cut left under the name is not what is there already."""
    place = cache.place(tmp_path / "cache", NAME)
    place.parent.mkdir(parents=True)
    place.write_bytes(CONTENT[:100])
    place.chmod(0o444)
    assert cache.put(file, tmp_path / "cache", NAME)
    assert place.read_bytes() == CONTENT


def test_another_file_is_not_put(file: Path, tmp_path: Path) -> None:
    """Nothing comes under a name that is not its content's, and nothing is left of the try."""
    file.write_bytes(CONTENT[:100])
    assert not cache.put(file, tmp_path / "cache", NAME)
    assert names(tmp_path / "cache") == []


def test_many_at_once_break_nothing(file: Path, tmp_path: Path) -> None:
    """Each finds the whole file when it is done, whoever was first: with one name for all copies one would fail."""
    start, said = FORK.Barrier(4), FORK.Queue()

    def work() -> None:
        start.wait()
        try:
            said.put(
                cache.put(file, tmp_path / "cache", NAME) and cache.whole(cache.place(tmp_path / "cache", NAME), NAME)
            )
        except BaseException as error:
            said.put(repr(error))

    for _ in range(5):
        running = [FORK.Process(target=work) for _ in range(4)]
        for process in running:
            process.start()
        assert [said.get(timeout=60) for _ in running] == [True] * 4
        for process in running:
            process.join()
        assert names(tmp_path / "cache") == [f"{NAME[:2]}/{NAME[2:]}"]
        cache.place(tmp_path / "cache", NAME).unlink()


def test_a_folders_list_names_its_files(tmp_path: Path) -> None:
    """By their paths below the folder."""
    (tmp_path / "x.dir").write_text(json.dumps([{"md5": NAME, "relpath": "curves/a b.csv"}]))
    assert cache.listed(tmp_path / "x.dir") == {"curves/a b.csv": NAME}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *((name, NAME) for name in ("../out", "a/../../out", "/etc/passwd", "", ".", "..", "a\\..\\b")),
        ("a", "../../../etc/passwd"),
        ("a", ""),
    ],
)
def test_a_list_that_leads_out_of_its_folder_is_refused(tmp_path: Path, name: str, content: str) -> None:
    """DVC would write there."""
    (tmp_path / "x.dir").write_text(json.dumps([{"md5": content, "relpath": name}]))
    with pytest.raises(Refused, match="which is no file of the folder"):
        cache.listed(tmp_path / "x.dir")


@pytest.mark.parametrize("text", ["no json", "{}x", "[1]", '[{"md5": "x"}]', "5"])
def test_what_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    """In one line."""
    (tmp_path / "x.dir").write_text(text)
    with pytest.raises(Refused, match="no list of a folder's files"):
        cache.listed(tmp_path / "x.dir")
