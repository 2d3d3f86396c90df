"""Text and Parquet files, here and elsewhere, good and bad."""

import gzip
import http.server
import io
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from pipeline.errors import SourceError
from pipeline.sections import Data
from pipeline.table import reading, sources

CSV = "a,b,label\n1,x,yes\n2,y,no\n"
ROWS = [["1", "x", "yes"], ["2", "y", "no"]]


def read(source: object, **data: str) -> pd.DataFrame:
    """The table behind a source."""
    return sources.read(Data(source=str(source), target="label", **data))


def refusal(source: object, **data: str) -> str:
    """What is said, in one line, where there is no table."""
    with pytest.raises(SourceError) as error:
        read(source, **data)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "separator"),
    [
        ("a.csv", CSV.encode(), None),
        ("a.tsv", CSV.replace(",", "\t").encode(), None),
        ("a.csv", CSV.replace(",", ";").encode(), ";"),
        ("a.csv.gz", gzip.compress(CSV.encode()), None),
        ("a.csv", b"\xef\xbb\xbf" + CSV.encode(), None),
        ("a.csv", CSV.replace("\n", "\r\n").encode(), None),
        ("a.csv", CSV.replace("\n", "\r").encode(), None),
        ("a.csv", b"\n\n" + CSV.encode(), None),
        ("a.csv", CSV.replace(",", " , ").replace(" ,", ",").encode(), None),
    ],
    ids=["csv", "tsv", "stated", "gz", "BOM", "Windows", "old Mac", "blank lines first", "blanks in the header"],
)
def test_text_files_are_read(tmp_path: Path, name: str, content: bytes, separator: str | None) -> None:
    """Separators, compression, marks and line ends make no difference to the table."""
    (tmp_path / name).write_bytes(content)
    frame = sources.read(Data(source=str(tmp_path / name), target="label", separator=separator))
    assert list(frame.columns) == ["a", "b", "label"]
    assert [[cell.strip() for cell in row] for row in frame.to_numpy().tolist()] == ROWS


def test_cells_stay_text(tmp_path: Path) -> None:
    """007 does not become 7; an empty cell is missing, and whether NA says nothing is decided later."""
    (tmp_path / "a.csv").write_text('a,b\n007,"x, ""y"""\n,NA\n')
    frame = read(tmp_path / "a.csv")
    assert frame.iloc[0].tolist() == ["007", 'x, "y"']
    assert frame["a"].isna().tolist() == [False, True]
    assert frame["b"][1] == "NA"


@pytest.mark.parametrize("name", ["t.xml", "t.json", "t.json.gz"])
def test_a_file_of_another_kind_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    """Rather than read as text that it is not."""
    (tmp_path / name).write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match="is not read; save the table as"):
        read(tmp_path / name)


def test_odd_column_names_are_kept(tmp_path: Path) -> None:
    """Blanks inside, quotes, signs and emoji stay; blanks around go; no name becomes one."""
    names = ['a "b" c', " padded ", "x.y", "a+b*[c]", "naïve 🚀", "", "2020"]
    cells = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    (tmp_path / "a.csv").write_text(cells + "\n" + ",".join("1234567") + "\n", encoding="utf-8")
    expected = ['a "b" c', "padded", "x.y", "a+b*[c]", "naïve 🚀", "Unnamed: 5", "2020"]
    assert list(read(tmp_path / "a.csv").columns) == expected


def test_parquet_is_read_with_its_types(tmp_path: Path) -> None:
    """Integer names become text, and a column that pandas kept as the index comes back."""
    pd.DataFrame({1: [1, 2], 2: ["x", None]}, index=pd.Index([7, 8], name="id")).to_parquet(tmp_path / "a.parquet")
    frame = read(tmp_path / "a.parquet")
    assert list(frame.columns) == ["id", "1", "2"]
    assert frame["1"].tolist() == [1, 2]
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "b.parquet")
    assert list(read(tmp_path / "b.parquet").columns) == ["a"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty; it needs a header line and rows"),
        (b"  \n\n", "empty; it needs a header line and rows"),
        (b"a,b\n", "a header line and no rows"),
        (b"a;b;c\n1;2;3\n", "one column with ',' between fields, 3 with ';'; set data.separator to ';'"),
        (b"a\tb\n1\t2\n", "set data.separator to '\\t'"),
        (b"a,a\n1,2\n", "line 1: column 'a' stands there twice"),
        (b"a, a\n1,2\n", "line 1: column 'a' stands there twice"),
        ("a,b\nä,1\n".encode("latin-1"), "line 2: not UTF-8 text; set data.encoding: cp1252 (reads 'ä')"),
        ("a,b\n1,2\n".encode("utf-16"), "line 1: not UTF-8 text, but utf-16 by its mark; set data.encoding: utf-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "holds a zero byte; is it a text file? Or set data.encoding: utf-16-le"),
        (b"a,b\n1,\0\n", "line 2: holds a zero byte"),
        (b"a,b\n1,2\n1,2,3\n", "not a table with ',' between fields"),
        (b"a,b\n1,2,3\n4,5,6\n", "not a table with ',' between fields"),
        (b'a,b\n"1,2\n', "not a table with ',' between fields"),
    ],
)
def test_bad_text_costs_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    """Each fault is named, with its line where it has one; no cell is cut off silently."""
    (tmp_path / "a.csv").write_bytes(content)
    message = refusal(tmp_path / "a.csv")
    assert said in message
    assert str(tmp_path / "a.csv") in message


def test_a_missing_file_offers_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip in a name is met with the right one; a folder with what is in it; far off, with what there is."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "churn.csv").write_text(CSV)
    monkeypatch.chdir(tmp_path)
    assert "no such file; did you mean 'data/churn.csv'?" in refusal("data/chrun.csv")
    assert "there are: data/churn.csv" in refusal("data")
    assert "no such file" in refusal("nowhere/x.csv")
    assert "no such file" in refusal("x" * 5000)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.csv.zip", "a.csv.xz", "a.csv.bz2", "a.parquet"])
def test_damaged_files_are_refused(tmp_path: Path, name: str) -> None:
    """What cannot be decompressed or is no Parquet costs one line; so does half a file."""
    (tmp_path / name).write_bytes(b"certainly not that")
    assert "not a Parquet file" in refusal(tmp_path / name) or "could not be read" in refusal(tmp_path / name)
    stream = io.BytesIO()
    if name == "a.parquet":
        pd.DataFrame({"a": range(100)}).to_parquet(stream)
    else:
        stream.write(gzip.compress(CSV.encode() * 99))
    (tmp_path / name).write_bytes(stream.getvalue()[:-20])
    assert "\n" not in refusal(tmp_path / name)


def test_a_file_over_the_bound_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would fill the memory is refused while it is read."""
    (tmp_path / "a.csv").write_text(CSV * 100)
    monkeypatch.setattr(reading, "MAX_BYTES", 1000)
    monkeypatch.setattr(reading, "BLOCK", 100)
    assert "over 0 GiB" in refusal(tmp_path / "a.csv")


LONG = "a,b\n" + "".join(f"{i},{i}\n" for i in range(50_000))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        body = {"/a.csv": CSV.encode(), "/a.csv.gz": gzip.compress(CSV.encode()), "/long.csv": LONG.encode()}
        name = self.path.partition("?")[0]
        if name not in body:
            self.send_error(500 if name == "/broken.csv" else 404)
            return
        self.send_response(200)
        if name == "/long.csv":  # in pieces, and the length not stated
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(body[name])))
        self.end_headers()
        if self.command == "GET" and name == "/long.csv":
            for start in range(0, len(LONG), 5000):
                piece = body[name][start : start + 5000]
                self.wfile.write(b"%x\r\n" % len(piece) + piece + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        elif self.command == "GET":
            self.wfile.write(body[name])


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A web server on this machine."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()


@pytest.mark.parametrize("path", ["/a.csv", "/a.csv.gz", "/a.csv?token=secret"])
def test_a_url_is_read(server: str, path: str) -> None:
    """A file behind HTTP is the same table."""
    assert read(server + path).to_numpy().tolist() == ROWS


def test_a_download_of_unknown_length_is_whole(server: str) -> None:
    """A server that streams without saying how much is read to the end."""
    assert len(read(server + "/long.csv")) == 50_000


@pytest.mark.parametrize(("path", "said"), [("/none.csv", "404"), ("/broken.csv", "500")])
def test_what_the_server_refuses_is_said(server: str, path: str, said: str) -> None:
    """The status is in the message, the token in the address is not."""
    message = refusal(f"{server}{path}?token=secret")
    assert said in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("http://me:secret@127.0.0.1:9/x.csv", "Cannot connect"),  # pragma: allowlist secret
        ("http://no-such-host.invalid/x.csv", "could not be read"),
        ("ftpx://me:secret@host/x.csv", "Protocol not known: ftpx"),  # pragma: allowlist secret
        ("http://", "could not be read"),
    ],
)
def test_an_unreachable_address_costs_one_line(source: str, said: str) -> None:
    """It says why, and no password."""
    message = refusal(source)
    assert said in message
    assert "secret" not in message


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that takes the connection and says nothing does not hold up the run."""
    monkeypatch.setattr(reading, "SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        message = refusal(f"http://127.0.0.1:{silent.getsockname()[1]}/x.csv")
    assert "could not be read" in message
    assert time.monotonic() - began < 30  # aiohttp's own patience is five minutes


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an S3 store asks for, and no settings of the machine's."""
    import s3fs

    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.mark.slow
@pytest.mark.usefixtures("keys")
def test_a_bucket_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """An object behind a real S3 API is the same table; one that is not there costs one line."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
        client.create_bucket(Bucket="tables")
        client.put_object(Bucket="tables", Key="a.csv", Body=CSV.encode())
        parquet = io.BytesIO()
        pd.DataFrame({"a": [1, 2]}).to_parquet(parquet)
        client.put_object(Bucket="tables", Key="sub/a.parquet", Body=parquet.getvalue())
        assert read("s3://tables/a.csv").to_numpy().tolist() == ROWS
        assert read("s3://tables/sub/a.parquet")["a"].tolist() == [1, 2]
        assert "could not be read" in refusal("s3://tables/none.csv")
        assert "could not be read" in refusal("s3://no-such-bucket/a.csv")
    finally:
        server.stop()


@pytest.mark.slow
@pytest.mark.usefixtures("keys")
def test_an_unreachable_store_costs_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that refuses the connection is not asked for minutes."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    began = time.monotonic()
    assert "could not be read" in refusal("s3://tables/a.csv")
    assert time.monotonic() - began < 60


def test_text_is_not_read_as_pairs_of_bytes_that_it_has_not(tmp_path: Path) -> None:
    """Any bytes are some letters of UTF-16, and make one long line; a table in it has lines, thus zero bytes."""
    (tmp_path / "t.csv").write_bytes("Käse,b\n1,22\n".encode("cp1252"))
    with pytest.raises(SourceError, match=r"line 1: not UTF-16 text; set data.encoding: .*cp1252"):
        sources.read(Data(source=str(tmp_path / "t.csv"), target="b", encoding="utf-16"))
    (tmp_path / "t.csv").write_bytes("Käse,b\n1,22\n".encode("utf-16"))
    assert len(sources.read(Data(source=str(tmp_path / "t.csv"), target="b", encoding="utf-16"))) == 1
