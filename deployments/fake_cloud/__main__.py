"""`python -m deployments.fake_cloud --port 8200`."""

from __future__ import annotations

import argparse

import uvicorn

from deployments.fake_cloud.app import create_app
from deployments.fake_cloud.state import State


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the fake cloud on loopback.")
    parser.add_argument("--port", type=int, default=8200)
    port = parser.parse_args().port
    uvicorn.run(create_app(State()), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
