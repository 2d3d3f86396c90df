"""Messages: the nearest name, one line, and no password."""

import re

import pytest

from pipeline.errors import DataError, ParamsError, absent_library, brief, nearest, without_password


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("tagret", ["target", "source"], "; did you mean 'target'?"),
        ("xyz", ["target", "source"], "; there are: target, source"),
        ("xyz", [str(i) for i in range(20)], "; there are: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ..."),
        ("xyz", [], ""),
        (2021, [2020], "; did you mean '2020'?"),
    ],
)
def test_the_nearest_name_is_offered(name: object, known: list[object], hint: str) -> None:
    """A near name is offered; far from all, those there are."""
    assert nearest(name, known) == hint


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@host/db", "postgresql://me:***@host/db"),  # pragma: allowlist secret
        ("postgresql://me:sec@ret@host/db", "postgresql://me:***@host/db"),  # pragma: allowlist secret
        ("postgresql:///db?user=me&password=secret", "postgresql:///db?user=me&password=***"),
        ("https://host/x.csv?sig=secret&a=1", "https://host/x.csv?sig=***&a=1"),
        # pragma: allowlist nextline secret
        ("failed: https://me:secret@host:80/x (401)", "failed: https://me:***@host:80/x (401)"),
        ("https://host/x.csv?page=1", "https://host/x.csv?page=1"),
        ("s3://bucket/a@b.csv", "s3://bucket/a@b.csv"),
    ],
)
def test_passwords_are_not_shown(url: str, shown: str) -> None:
    """What may be secret is starred out, and the rest stays."""
    assert without_password(url) == shown


def test_a_long_error_becomes_one_short_line() -> None:
    """Only the first line is kept, and 200 characters of it."""
    assert brief(ValueError("first\nsecond")) == "first"
    assert len(brief(ValueError("x" * 999))) == 200
    assert brief(KeyError()) == "KeyError"


@pytest.mark.parametrize(
    ("message", "end"),
    [
        ("params.yaml: gat: no such key; did you mean 'gate'?", " (docs/params.md)"),
        ("params.yaml: train.zzz: no such key", " (docs/params.md#train)"),
        ("a/params.yaml: data: missing; it has no default", " (docs/params.md#data)"),
        ("add it to train.trusted", " (docs/params.md#train)"),
        ("set gate.life, or split.sealed", " (docs/params.md#gate)"),
        ("see data.id (docs/params.md#data)", ""),
        ("params.yaml: not here; run this from the project's root", ""),
        ("params.yaml:3: not valid YAML: bad", ""),
        ("let src/pipeline/stages/split.py keep them apart", ""),
        ("data/train.parquet: no rows in train.csv", ""),
        ("deploy/canary.env is not committed", ""),
        ("metadata.source is none", ""),
    ],
)
def test_an_error_that_names_a_key_says_where_it_is_explained(message: str, end: str) -> None:
    """With the section, once; and no error about something else does."""
    for error in (ParamsError, DataError):
        assert str(error(message)) == message + end


@pytest.mark.parametrize(
    ("said", "lacking"),
    [
        ("libgomp.so.1: cannot open shared object file: No such file", "libgomp.so.1, .* libgomp1"),
        (
            "not loaded.\n  ['libgomp.so.1: cannot open shared object file: No']",
            "libgomp.so.1, .* libgomp1",
        ),
        (
            "dlopen(/x.dylib, 0x6): Library not loaded: @rpath/libomp.dylib\n  Ref",
            "libomp.dylib, .* install libomp",
        ),
        (
            "libodd++.so.3: cannot open shared object file",
            r"libodd\+\+.so.3, .* has a package that brings it",
        ),
    ],
)
def test_a_library_of_the_system_is_named(said: str, lacking: str) -> None:
    """As each system's loader says it, also where a package wraps that; with what brings it, where that is known."""
    assert re.fullmatch(lacking, absent_library(OSError(said)) or "")


def test_other_failures_are_no_library_of_the_system() -> None:
    """A file that is not there is none."""
    assert absent_library(FileNotFoundError(2, "No such file or directory", "libgomp.so.1")) is None
