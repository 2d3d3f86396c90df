"""Serves a Bento from its folder, and asks it over HTTP as any client would."""

import json
import math
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pandas as pd

from mainline.errors import ToolFailed
from mainline.package.bento import Bento, environment
from mainline.tools import http, ports, process, unasked

READY_WITHIN = 90.0
BATCH = 500


@contextmanager
def serving(bento: Bento, log: Path) -> Iterator[str]:
    """Serve a Bento on a free port of this machine for as long as the block runs.

    Args:
        log: where its output goes.

    Yields:
        Its address, ready to answer.

    Raises:
        ToolFailed: it did not become ready within 90 seconds.
    """
    port = ports.free()
    # PYTHONPATH would put a project's own code before the Bento's
    env = process.environment(
        {
            **environment(bento.home),
            **unasked.SETTINGS,
            "SERVICE_PRECOMPUTED": "",  # the model is what is asked
            "PYTHONPATH": "",
            "BENTOML_NO_COLOR": "1",
        }
    )
    command = ["bentoml", "serve", str(bento.path), "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as output:
        running = subprocess.Popen(
            command, env=env, stdout=output, stderr=output, start_new_session=True, cwd=bento.path
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(address, running, log)
        yield address
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def _wait_until_ready(address: str, running: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and running.poll() is None:
        try:
            if http.client().get(f"{address}/readyz", timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise ToolFailed(
        f"the Bento did not become ready: {process.reason(log.read_text(errors='replace'))} (all of it: {log})"
    )


def predict(address: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Ask a served model about rows.

    Args:
        rows: (n, columns).

    Returns:
        (n, prediction + p_<class>...), as the service answered.

    Raises:
        ToolFailed: it answered with an error.
    """
    answers = [_post(f"{address}/predict", _records(rows[i : i + BATCH])) for i in range(0, len(rows), BATCH)]
    said = pd.DataFrame({"prediction": [value for answer in answers for value in answer["predictions"]]})
    if "probabilities" in answers[0]:
        chances = pd.DataFrame([row for answer in answers for row in answer["probabilities"]])
        said = said.join(chances.add_prefix("p_"))
    return said


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON says them: missing is null, dates are ISO text."""
    records = json.loads(rows.to_json(orient="records", date_format="iso", double_precision=15))
    for name in rows.select_dtypes("float"):  # to the last bit, where pandas writes 15 digits
        for record, value in zip(records, rows[name].tolist(), strict=True):
            record[name] = None if math.isnan(value) else value
    return list(records)


def _post(url: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    try:
        response = http.client().post(url, json={"rows": rows}, timeout=60)
    except httpx.HTTPError as error:
        raise ToolFailed(f"{url}: no answer ({error})") from None
    if not response.is_success:
        raise ToolFailed(f"{url} answered {response.status_code}: {response.text[:300]}")
    answer: dict[str, Any] = response.json()
    return answer
