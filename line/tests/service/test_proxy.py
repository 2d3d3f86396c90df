"""deploy/host/proxy.cfg, started by the commands of docs/service.md: who passes it, and as whom."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from line.tests.service.serving import TOP
from mainline.host import binary
from mainline.tools import ports

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not any(not each.flaw for each in binary.candidates()), reason="no HAProxy here"),
]
KEYED, HUSH = {"X-API-Key": "one"}, "hush"


class Behind(BaseHTTPRequestHandler):
    """In place of router or service: answers with the headers that it got."""

    def do_GET(self) -> None:
        """Say them."""
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of the proxy, as the page has it started; the last of its commands was answered."""
    folder, port = tmp_path_factory.mktemp("proxy"), ports.free()
    shutil.copy(TOP / "deploy/host/proxy.cfg", folder)
    (folder / "haproxy").symlink_to(binary.program())
    page = (TOP / "docs/service.md").read_text().partition("### A proxy in front")[2]
    (commands,) = re.findall(r"^```console\n(.*?)^```$", page.partition("## Without")[0], re.MULTILINE | re.DOTALL)
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Behind)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    commands = commands.replace(":443", f":{port}").replace("127.0.0.1:8080", f"127.0.0.1:{behind.server_port}")
    env = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "KEY": "one", "PASSWORD": HUSH}
    try:
        done = subprocess.run(["bash", "-ec", commands], cwd=folder, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "x-forwarded-for" in done.stdout
        known = ssl.create_default_context(cafile=folder / "site.pem")
        with httpx.Client(base_url=f"https://localhost:{port}", verify=known) as client:
            yield client
    finally:
        behind.shutdown()
        for pid in (folder / "proxy.pid").read_text().split():
            os.kill(int(pid), signal.SIGTERM)


def test_who_has_a_key_or_a_login_passes(proxy: httpx.Client) -> None:
    """The key stays at the proxy, which says who asks and from where, whatever strangers say."""
    told = KEYED | {"X-Forwarded-For": "1.2.3.4", "X-User": "tenant-7", "X-Mainline-Key": "host's"}
    got = proxy.get("/predict", headers=told).json()
    assert (got["x-user"], got["x-forwarded-for"], got["x-mainline-key"]) == ("tenant-7", "127.0.0.1", "host's")
    assert {"x-api-key", "authorization"} & got.keys() == set()
    assert proxy.get("/model", headers={"Authorization": "Bearer one"}).status_code == 200
    person = proxy.get("/", auth=("anna", HUSH), headers={"X-User": "bea"})
    assert (person.json()["x-user"], "authorization" in person.json()) == ("anna", False)
    assert "max-age" in person.headers["strict-transport-security"]


def test_who_has_none_does_not(proxy: httpx.Client) -> None:
    """A browser is asked for a login, others for a key; counts are nobody's, health is everybody's."""
    assert proxy.get("/").headers["www-authenticate"].startswith("Basic")
    for headers in ({}, {"X-API-Key": "two"}, {"Authorization": "Bearer two"}):
        refused = proxy.get("/predict", headers=headers)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert "a key is needed" in refused.json()["error"]
    assert proxy.get("/model", auth=("anna", "wrong")).status_code == 401
    assert proxy.get("/metrics", headers=KEYED).status_code == 404
    assert proxy.get("/readyz").status_code == 200


def test_too_many_requests_are_refused(proxy: httpx.Client) -> None:
    """The last of these tests, as it takes the address' minute."""
    found = [proxy.get("/model", headers=KEYED) for _ in range(620)]
    assert (found[0].status_code, found[-1].status_code, found[-1].headers["retry-after"]) == (200, 429, "60")
