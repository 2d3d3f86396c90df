"""Sources that are no files: bundled sets, OpenML, and databases."""

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy

from pipeline.errors import SourceError
from pipeline.sections import Data
from pipeline.table import sources


def read(source: str, **data: str) -> pd.DataFrame:
    """The table behind a source."""
    return sources.read(Data(source=source, target="label", **data))


def refusal(source: str, **data: str) -> str:
    """What is said, in one line, where there is no table."""
    with pytest.raises(SourceError) as error:
        read(source, **data)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(("name", "shape"), [("digits", (1797, 65)), ("iris", (150, 5)), ("diabetes", (442, 11))])
def test_bundled_sets_are_read(name: str, shape: tuple[int, int]) -> None:
    """scikit-learn's own tables come with their target."""
    frame = read(f"sklearn:{name}")
    assert frame.shape == shape
    assert "target" in frame


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("sklearn:digit", "scikit-learn bundles no set 'digit'; did you mean 'digits'?"),
        ("sklearn:", "scikit-learn bundles no set ''"),
        ("openml:adult", "openml:adult is not a number"),
        ("openml:²", "is not a number"),
    ],
)
def test_a_wrong_name_is_refused(source: str, said: str) -> None:
    """The message offers the nearest set, or says what it must be."""
    assert said in refusal(source)


@pytest.mark.slow  # scikit-learn asks three times
def test_openml_out_of_reach_costs_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a network the set is not there, and the message says so; nothing else is printed."""
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))

    def no_network(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    assert "openml:61: could not be fetched" in refusal("openml:61")


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """A database in a file."""
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE customers (id, spent, code, label)")
        rows = [(1, 1.5, 7, "yes"), (2, None, "x7", "no"), (3, 2.0, None, "no")]
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?, ?)", rows)
    return f"sqlite:///{tmp_path}/shop.db"


def test_a_query_is_read(shop: str) -> None:
    """What SQLite selects is the table."""
    frame = read(shop, query="SELECT id, spent, label FROM customers WHERE id < 3 ORDER BY id")
    assert frame["id"].tolist() == [1, 2]
    assert frame["spent"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT * FROM customer", "no such table: customer"),
        ("DROP TABLE customers", "does not return rows"),
        ("SELECT * FROM customers WHERE id = :id", "bind parameter 'id'"),
    ],
)
def test_bad_sql_costs_one_line(shop: str, query: str, said: str) -> None:
    """The database's own reason is in the message."""
    assert said in refusal(shop, query=query)


def test_a_database_needs_a_query(shop: str) -> None:
    """Without SQL there is nothing to read."""
    assert "data.query: missing" in refusal(shop)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("mysql://me:secret@host/db", "its driver is not installed"),  # pragma: allowlist secret
        ("postgresql+nonsense://me:secret@host/db", "Can't load plugin"),  # pragma: allowlist secret
        ("postgresql+psycopg://me:secret@127.0.0.1:9/db", "Connection refused"),  # pragma: allowlist secret
        ("postgresql+psycopg://me:sec@ret@host/db", "write an @ in the password as %40"),  # pragma: allowlist secret
        ("postgresql+psycopg://me:${NOT_SET_ANYWHERE}@host/db", "${NOT_SET_ANYWHERE} is not set"),
        ("postgresql+psycopg://host:port/db", "://host:port/db: "),
        ("sqlite:////no/such/folder/x.db", "unable to open database file"),
    ],
)
def test_a_database_out_of_reach_costs_one_line(source: str, said: str) -> None:
    """The driver's reason, and never the password."""
    message = refusal(source, query="SELECT 1")
    assert said in message
    assert not any(word in message for word in ("secret", "sec@ret", "ret@host"))


def _binary(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A PostgreSQL of our own, on a port of its own."""
    if not _binary("initdb") or not _binary("postgres"):
        pytest.skip("PostgreSQL's programs are not on this machine")
    # a short path, for the socket's name; postgres refuses root
    folder = tempfile.mkdtemp(prefix="pg")
    other = os.getuid() == 0
    if other:
        shutil.chown(folder, "postgres")
    as_user = ["runuser", "-u", "postgres", "--"] if other else []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    password = Path(folder, "password")
    password.write_text("s3cret-word\n")
    password.chmod(0o644)
    initdb = [_binary("initdb"), "-D", f"{folder}/data", "-U", "me", "-A", "scram-sha-256", "--no-sync"]
    subprocess.run([*as_user, *initdb, f"--pwfile={password}"], check=True, capture_output=True, cwd="/")
    server = [_binary("postgres"), "-D", f"{folder}/data", "-k", folder, "-p", str(port), "-F"]
    process = subprocess.Popen(
        [*as_user, *server, "-c", "listen_addresses=127.0.0.1"],
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    url = f"postgresql+psycopg://me:s3cret-word@127.0.0.1:{port}/postgres"  # pragma: allowlist secret
    try:
        engine = sqlalchemy.create_engine(url)
        for _ in range(200):
            try:
                engine.connect().close()
                break
            except sqlalchemy.exc.OperationalError:
                assert process.poll() is None, "postgres did not start"
                time.sleep(0.1)
        with engine.begin() as connection:
            connection.execute(
                sqlalchemy.text(
                    "CREATE TABLE t (id int, spent numeric, on_list bool, since date, tags text[], label text)"
                )
            )
            rows = "(1, 1.50, true, '2024-01-31', '{a,b}', 'yes'), (2, NULL, NULL, NULL, NULL, 'no')"
            connection.execute(sqlalchemy.text(f"INSERT INTO t VALUES {rows}"))
        engine.dispose()
        yield url
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_postgresql_is_read(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real server's types arrive, and the password may come from the environment."""
    monkeypatch.setenv("SHOP_PASSWORD", "s3cret-word")
    url = postgres.replace("s3cret-word", "${SHOP_PASSWORD}")
    frame = read(url, query="SELECT * FROM t ORDER BY id")
    assert list(frame.columns) == ["id", "spent", "on_list", "since", "tags", "label"]
    assert float(frame["spent"].tolist()[0]) == 1.5  # a decimal comes as text, with every digit, as from a CSV file
    assert frame["label"].tolist() == ["yes", "no"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "query", "said"),
    [
        (("s3cret-word", "s3cret-slip"), "SELECT 1", "password authentication failed"),
        (("/postgres", "/nowhere"), "SELECT 1", 'database "nowhere" does not exist'),
        (("", ""), "SELECT * FROM tt", 'relation "tt" does not exist'),
    ],
)
def test_postgresqls_refusals_cost_one_line(postgres: str, change: tuple[str, str], query: str, said: str) -> None:
    """A wrong password, database or table is named, and the password is not."""
    message = refusal(postgres.replace(*change), query=query)
    assert said in message
    assert "s3cret" not in message
