"""How the Kubernetes API is found: a file that KUBECONFIG names, with what opens it, or the pod's own account."""

import base64
import json
import ssl
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from mainline.cluster import kubeconfig
from mainline.cluster.api import Api
from mainline.errors import ConfigError, ToolFailed


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that is its own authority, and is a client's as well."""
    folder = tmp_path_factory.mktemp("keys")
    what = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=judge"
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "ca.pem"]
    subprocess.run(["openssl", *what.split(), *more], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def api(keys: Path) -> Iterator[dict[str, Any]]:
    """A server that takes a client by its certificate or its token; what it was asked, and where it is."""
    seen: dict[str, Any] = {"token": "first"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.connection.getpeercert() or self.headers["Authorization"] == f"Bearer {seen['token']}"  # type: ignore[attr-defined]
            seen["path"] = self.path
            self.send_response(200 if known else 403)
            self.end_headers()
            self.wfile.write(b'{"items": [{"metadata": {}}]}' if known else b'{"message": "who are you?"}')

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys / "ca.pem", keys / "key.pem")
    context.load_verify_locations(keys / "ca.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    server.socket = context.wrap_socket(server.socket, server_side=True)
    seen["port"] = server.server_port
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield seen
    server.shutdown()
    server.server_close()


def write(folder: Path, cluster: dict[str, Any], user: dict[str, Any], **context: str) -> str:
    """A kubeconfig; its path."""
    said = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", **context}}],
        "clusters": [{"name": "k", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }
    (folder / "config").write_text(json.dumps(said))
    return str(folder / "config")


def data(path: Path) -> str:
    """A file as a kubeconfig writes it out."""
    return base64.b64encode(path.read_bytes()).decode()


@pytest.mark.parametrize("kind", ["token", "file", "certificate", "written out"])
def test_a_kubeconfig_opens_the_api(
    kind: str, keys: Path, api: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a token, its file, or a certificate, named or written out; the namespace is the context's."""
    (tmp_path / "token").write_text("first\n")
    user = {
        "token": {"token": "first"},
        "file": {"tokenFile": "token"},
        "certificate": {"client-certificate": str(keys / "ca.pem"), "client-key": str(keys / "key.pem")},
        "written out": {"client-certificate-data": data(keys / "ca.pem"), "client-key-data": data(keys / "key.pem")},
    }[kind]
    cluster = {"server": f"https://127.0.0.1:{api['port']}", "certificate-authority-data": data(keys / "ca.pem")}
    monkeypatch.setenv("KUBECONFIG", write(tmp_path, cluster, user, namespace="shop"))
    assert Api(kubeconfig.found()).listed("pods", "a=b") == [{"metadata": {}}]
    assert api["path"] == "/api/v1/namespaces/shop/pods?labelSelector=a%3Db"


def test_an_api_that_another_authority_signed_is_not_believed(
    api: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And gets no token."""
    monkeypatch.setenv("KUBECONFIG", write(tmp_path, {"server": f"https://127.0.0.1:{api['port']}"}, {"token": "x"}))
    with pytest.raises(ToolFailed, match="CERTIFICATE_VERIFY_FAILED"):
        Api(kubeconfig.found()).listed("pods")
    assert "path" not in api


def test_a_pod_has_its_account(
    keys: Path, api: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose token is read anew each time; what the API does not let it read is one line."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(api["port"]))
    monkeypatch.setattr(kubeconfig, "ACCOUNT", tmp_path)
    for name, text in {"token": "first", "namespace": "shop", "ca.crt": (keys / "ca.pem").read_text()}.items():
        (tmp_path / name).write_text(text)
    made = Api(kubeconfig.found())
    assert (made.namespace, made.listed("rollouts")) == ("shop", [{"metadata": {}}])
    api["token"] = "second"
    with pytest.raises(ToolFailed, match=r"which pods there are \(403: who are you\?\)"):
        made.listed("pods")
    (tmp_path / "token").write_text("second")
    assert made.listed("pods")
    assert Api(kubeconfig.found(), "other").namespace == "other"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be used"),
        ("{", "cannot be used"),
        ("current-context: d\ncontexts: []", "cannot be used"),
        (
            '{"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}], '
            '"clusters": [{"name": "k", "cluster": {"server": "https://h"}}], '
            '"users": [{"name": "u", "user": {"exec": 1}}]}',
            "signs in by a program",
        ),
    ],
)
def test_another_file_is_one_line(text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is wrong with it."""
    (tmp_path / "config").write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    with pytest.raises(ConfigError, match=said) as error:
        kubeconfig.found()
    assert "\n" not in str(error.value)


def test_without_either_there_is_no_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What to do is said; so is a file that is not there."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(ConfigError, match="KUBECONFIG names no file"):
        kubeconfig.found()
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match="No such file"):
        kubeconfig.found()
