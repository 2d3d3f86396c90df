"""Clients that people have already: BentoML's, MLflow's, Swagger's page and plain HTTP get the same answers."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bentoml
import httpx
import pandas as pd
import pytest
from bentoml.exceptions import BentoMLException, InvalidArgument
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

from line.tests import browser
from line.tests.service.serving import TOP, Served, serving, until
from service.records.recorder import read
from tests.service.conftest import people, rows_of

pytestmark = pytest.mark.slow
ROWS = rows_of(people(), 12)
OTHER = '''"""A service beside the Predictor, and what is switched on of BentoML."""

import os

import bentoml

import service

SEEN = []


class Seen:
    """A middleware."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def marked(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-seen", b"yes")]
            await send(message)

        await self.app(scope, receive, marked)


Predictor = service.Predictor
if "SEEN" in os.environ:
    Predictor.add_asgi_middleware(Seen)


@bentoml.service
class Caller:
    """Asks the Predictor."""

    predictor = bentoml.depends(Predictor)

    @bentoml.api
    async def ask(self, rows: list[dict]) -> dict:
        """As it is asked."""
        try:
            return await self.predictor.predict(rows=rows)
        except bentoml.exceptions.BentoMLException as error:
            return {"kind": type(error).__name__, "said": str(error)}
'''


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> Iterator[Served]:
    """The people, by one worker."""
    with serving(tmp_path_factory.mktemp("clients"), folders["people"]) as running:
        yield running


def bare(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without the request's id."""
    return {name: value for name, value in answer.items() if name != "request_id"}


def expected(served: Served) -> dict[str, Any]:
    """What plain HTTP is answered."""
    return bare(served.post("/predict", {"rows": ROWS}).json())


def test_the_pages_examples_work(served: Served) -> None:
    """Each command and each piece of Python of docs/service.md, "Clients", as it stands; those that predict agree."""
    page = (TOP / "docs/service.md").read_text().partition("### Clients")[2].partition("### Limits")[0]
    row = {"age": 31, "city": "Ulm", "since": "2024-01-31", "height": 170}
    usual = served.post("/predict", {"row": row}).json()["prediction"]
    said = []
    for kind, text in re.findall(r"^```(console|python)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        if kind == "console":
            command = ["bash", "-c", text]
            said.append(subprocess.run(command, env=os.environ | {"URL": served.url}, capture_output=True).stdout)
        else:
            names = {"url": served.url, "port": served.port, "row": row, "frame": pd.DataFrame([row])}
            exec(text, names | {"__name__": "example"})  # our own page
    answers = [json.loads(each) for each in said]
    assert [next(iter(each)) for each in answers] == ["prediction", "predictions", "model_name"]
    assert answers[0]["prediction"] == answers[1]["predictions"][0] == answers[2]["outputs"][0]["data"][0] == usual


def test_bentomls_client_is_answered_the_same(served: Served) -> None:
    """One row, several, a DataFrame, a label; waiting or not."""
    with bentoml.SyncHTTPClient(served.url) as client:
        said = client.predict(rows=ROWS)
        assert bare(said) == expected(served)
        assert bare(client.predict_table(table=pd.DataFrame(ROWS))) == expected(served)
        one = client.predict(row=ROWS[0])
        assert one["prediction"] == said["predictions"][0]
        told = client.feedback(request_id=one["request_id"], label=one["prediction"])
        assert told["outcome"] == "right"
        assert client.model() == httpx.get(f"{served.url}/model").json()

    async def ask() -> Any:
        async with bentoml.AsyncHTTPClient(served.url) as client:
            return await client.predict(rows=ROWS)

    assert bare(asyncio.run(ask())) == expected(served)


def test_bentomls_client_is_told_what_is_wrong(served: Served) -> None:
    """In the words of plain HTTP; a field that is none reaches the service."""
    wrong = {**{name: value for name, value in ROWS[0].items() if name != "city"}, "citi": "Ulm"}
    with bentoml.SyncHTTPClient(served.url) as client, pytest.raises(InvalidArgument) as caught:
        client.predict(row=wrong)
    said = served.post("/predict", {"row": wrong}).json()
    assert (
        said["error"] == "rows[0]: column 'city' is missing; did you mean 'citi'?; rows[0]: column 'citi' is unknown; "
        "did you mean 'city'?"
    )
    assert bare(json.loads(str(caught.value))) == bare(said)


def test_schema_and_swagger_name_the_rows(served: Served, tmp_path: Path) -> None:
    """With the columns that there are; the page asks nobody but the service."""
    routes = {each["name"]: each for each in httpx.get(f"{served.url}/schema.json").json()["routes"]}
    assert routes.keys() == {"predict", "predict_table", "feedback", "model"}
    row = routes["predict"]["input"]["properties"]["row"]
    assert set(ROWS[0]) <= row["properties"].keys()
    assert routes["predict"]["input"]["properties"]["rows"]["items"]["required"] == row["required"]
    page = httpx.get(f"{served.url}/docs")
    assert "http" not in page.text
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "swagger-initializer.js"):
        assert f"./static_content/{name}" in page.text
        assert httpx.get(f"{served.url}/static_content/{name}").status_code == 200
    if browser.program():
        with browser.browser(tmp_path) as tab:
            tab.open(f"{served.url}/docs", 1280, "light")
            shown = "document.querySelectorAll('.opblock-summary-path').length"
            assert until(lambda: tab.ask(shown) == len(httpx.get(f"{served.url}/docs.json").json()["paths"]), 30)
            tab.open(f"{served.url}/docs", 390, "light")
            assert until(lambda: tab.ask(shown), 30)
            assert tab.ask("window.innerWidth") == 390  # nothing is wider than a phone, nor all of it made tiny
    assert "./docs.json" in httpx.get(f"{served.url}/static_content/swagger-initializer.js").text


def test_mlflows_client_is_answered_the_same(served: Served) -> None:
    """From a DataFrame with gaps and dates."""
    client = ScoringServerClient("127.0.0.1", served.port)
    client.wait_server_ready(timeout=10)
    assert client.get_version() == "2.0.0"
    answer = client.invoke(people().head(12))
    assert bare(answer) == expected(served)
    assert answer.get_predictions()[0].tolist() == expected(served)["predictions"]


def test_the_long_way_and_between_services_the_answers_are_the_same(
    tmp_path: Path, folders: dict[str, Path], served: Served
) -> None:
    """With a middleware of BentoML's that sees them, byte for byte; counted and recorded once."""
    ids = {"X-Request-ID": "the-same"}
    with serving(tmp_path, folders["people"], module=OTHER, target="other:Predictor", SEEN="1") as long:
        for path, content in (
            ("/predict", {"rows": ROWS}),
            ("/predict", {"row": {}}),
            ("/invocations", {"dataframe_records": ROWS}),
            ("/nowhere", {}),
        ):
            ways = [httpx.post(each.url + path, json=content, headers=ids) for each in (served, long)]
            assert ways[0].content == ways[1].content
            assert [each.headers.get("x-seen") for each in ways] == [None, "yes"]
            same = [{n: v for n, v in each.headers.items() if n not in ("x-seen", "date")} for each in ways]
            assert same[0] == same[1]
        assert long.count("bentoml_service_request_total", endpoint="/predict", http_response_code="200") == 1
    assert [record["request_id"] for record in read(long.records)] == ["the-same", "the-same"]


def test_another_service_may_depend_on_it(tmp_path: Path, folders: dict[str, Path], served: Served) -> None:
    """In a process of its own, where BentoML serves both: the same answers and errors."""
    with serving(tmp_path, folders["people"], module=OTHER, target="other:Caller") as caller:
        assert bare(caller.post("/ask", {"rows": ROWS}).json()) == expected(served)
        wrong = caller.post("/ask", {"rows": []}).json()
        assert wrong["kind"] == "InvalidArgument"
        assert "rows: must be a list of rows, with one at least" in wrong["said"]
    assert len(list(read(caller.records))) == 1


def test_it_answers_in_process(folders: dict[str, Path], tmp_path: Path, served: Served) -> None:
    """As bentoml.depends has it where nothing is served: rows with numpy's and pandas' values too."""
    import service.predictor as module

    async def ask() -> None:
        patch = pytest.MonkeyPatch()
        patch.setattr(module, "models_folder", lambda: folders["people"])
        patch.setenv("RECORDS_FOLDER", str(tmp_path))
        patch.setenv("MODEL_VERSION", "v1")
        predictor = module.Predictor()
        try:
            assert bare(await predictor.predict(rows=ROWS)) == expected(served)
            frame = people().head(12).drop(columns=["row_id", "label"])
            assert bare(await predictor.predict_table(table=frame)) == expected(served)
            with pytest.raises(BentoMLException, match="rows: must be a list"):
                await predictor.predict(rows=[])
            assert (await predictor.model())["version"] == "v1"
        finally:
            await predictor.close()
            patch.undo()

    asyncio.run(ask())
    assert len(list(read(tmp_path))) == 2
