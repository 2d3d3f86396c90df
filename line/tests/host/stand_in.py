"""Starts in a moment where a Bento takes seconds: `stand_in.py FOLDER --host H --port P`, as `bentoml serve` is called.

FOLDER/behaviour.json says how it behaves: {"ready": false}, {"ends": "why"}, {"predicts": false}, {"deciles": [...]},
{"starts_after": seconds}, {"takes": seconds}.
While there is a file FOLDER/fails, its predictions fail; with a status in it, they are answered by that.
"""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

folder, port = Path(sys.argv[1]), int(sys.argv[5])
behaviour = json.loads((folder / "behaviour.json").read_text())
lock, seen, began = threading.Lock(), {200: 0, 422: 0, 500: 0}, time.time()


class Handler(BaseHTTPRequestHandler):
    """Answers as the service does, as far as the host looks."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def say(self, status: int, content: object) -> None:
        """Answer with JSON, or text."""
        body = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """Readiness, description, model, counters."""
        environment = {
            key: os.environ.get(key, "")
            for key in ("MODEL_VERSION", "PREDICTION_EDGES", "BENTOML_HOME", "SERVICE_API_KEYS", "SERVICE_RATE_LIMIT")
        }
        task = {"task": "regression", "deciles": behaviour["deciles"]} if "deciles" in behaviour else {"task": "binary"}
        answers = {
            "/readyz": (200 if behaviour.get("ready", True) else 503, "ready"),
            "/docs.json": (200, {"components": {"schemas": {"Row": {"examples": [{"x": 1}]}}}}),
            "/model": (200, {"version": environment["MODEL_VERSION"], "signature": task, **environment}),
            "/metrics": (200, self.metrics(environment["MODEL_VERSION"])),
        }
        self.say(*answers.get(self.path, (404, "no")))

    def do_POST(self) -> None:
        """Predict."""
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(behaviour.get("takes", 0))
        spoilt = folder / "fails"
        with lock:
            code = 200 if behaviour.get("predicts", True) and not spoilt.exists() else 500
            if spoilt.exists():
                code = int(spoilt.read_text() or 500)
            seen[code] += 1
        self.say(code, {"prediction": 1, "version": os.environ["MODEL_VERSION"]})

    def metrics(self, version: str) -> str:
        """Counters in Prometheus' text format."""
        labels = f'endpoint="/predict",service_version="{version}"'
        counts = [
            f'bentoml_service_request_total{{{labels},http_response_code="{code}"}} {count}\n'
            for code, count in seen.items()
        ]
        return (
            f"# TYPE bentoml_service_request_total counter\n{''.join(counts)}"
            f"# TYPE mainline_start_time_seconds gauge\nmainline_start_time_seconds {began}\n"
        )


if behaviour.get("ends"):
    sys.exit(f"Error: {behaviour['ends']}")
if behaviour.get("stubborn"):
    import signal

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(behaviour.get("starts_after", 0))
ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
