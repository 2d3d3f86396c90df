"""What one writes in ten minutes with LitServe: `python by_litserve.py --port N`."""

import argparse
from typing import Any

import litserve
from model import Model


class Plain(litserve.LitAPI):
    """One model, in the one worker that LitServe starts by itself."""

    def setup(self, device: str) -> None:
        """Load the model in the worker."""
        self.model = Model()

    def predict(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer rows."""
        return self.model.answer(request["rows"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    where = parser.parse_args()
    server = litserve.LitServer(Plain(), accelerator="cpu")
    server.run(host=where.host, port=where.port, generate_client_file=False, log_level="warning")
