"""Who may ask, of a service that runs: with keys, at every address, as its image has it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import bentoml
import httpx
import psutil
import pytest
from bentoml.exceptions import BentoMLException

from line.tests.service.serving import Served, serving
from tests.service.conftest import people, rows_of

pytestmark = pytest.mark.slow
ROW = rows_of(people(), 1)[0]
ORIGIN = "https://a.example"
BEARER = {"Authorization": "Bearer one"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> Iterator[Served]:
    """The people, at every address of this machine."""
    hashed = hashlib.sha256(b"one").hexdigest()
    said = {"SERVICE_API_KEYS": hashed, "SERVICE_CORS_ORIGINS": ORIGIN, "SERVICE_RATE_LIMIT": "40"}
    with serving(tmp_path_factory.mktemp("keys"), folders["people"], host="0.0.0.0", **said) as running:
        yield running


def test_bentomls_pages_need_a_key_and_its_probes_do_not(served: Served) -> None:
    """As ours do, with the same words."""
    for path in ("/livez", "/readyz", "/healthz", "/metrics", "/ping"):
        assert httpx.get(served.url + path).status_code == 200
    for path in ("/schema.json", "/static_content/swagger-ui.css", "/model"):
        refused = httpx.get(served.url + path)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert refused.json()["error"].startswith("a key is needed; ")
        assert httpx.get(served.url + path, headers=BEARER).status_code == 200


def test_bentomls_client_sends_its_key(served: Served) -> None:
    """As a header, as its own documentation has it; without it, it is told why."""
    with bentoml.SyncHTTPClient(served.url, token="one") as client:
        assert client.predict(row=ROW)["prediction"] in ("yes", "no")
    with pytest.raises(BentoMLException), bentoml.SyncHTTPClient(served.url) as client:
        client.predict(row=ROW)
    asked = httpx.post(f"{served.url}/predict", content=b"x" * 300_000)  # whose body nobody reads
    assert asked.status_code == 401


def test_a_page_of_another_origin_may_ask(served: Served) -> None:
    """Its preflight passes BentoML, too."""
    asks = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    assert httpx.options(f"{served.url}/predict", headers=asks).status_code == 200
    assert httpx.options(f"{served.url}/predict", headers=asks | {"Origin": "https://b.example"}).status_code == 403
    answer = httpx.get(f"{served.url}/model", headers=BEARER | {"Origin": ORIGIN})
    assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_too_many_requests_are_told_when_to_come_back(served: Served) -> None:
    """The key's, not the probes'; the last of these tests, as it takes the key's minute."""
    found = [httpx.get(f"{served.url}/version", headers=BEARER) for _ in range(60)]
    late = [each for each in found if each.status_code == 429]
    assert late
    assert all(int(each.headers["retry-after"]) > 0 for each in late)
    assert httpx.get(f"{served.url}/readyz").status_code == 200


def test_where_no_host_is_told_it_is_this_machine_alone(tmp_path: Path, folders: dict[str, Path]) -> None:
    """BentoML's own would be every address."""
    with serving(tmp_path, folders["people"], host=None) as running:
        assert running.post("/predict", {"row": ROW}).status_code == 200
        found = psutil.Process(running.process.pid).net_connections(kind="inet")
        assert {each.laddr.ip for each in found if each.laddr.port == running.port} == {"127.0.0.1"}
