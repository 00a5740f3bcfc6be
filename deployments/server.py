"""The embedded Prefect server: SQLite, loopback, no refusals under concurrency.

Run as `python -m deployments.server --port 4200`. Where the database lies and all else
comes from `PREFECT_*` variables; the stack sets them (`deployments/layout.py`).
"""

from __future__ import annotations

import argparse
import gc
import os
from collections.abc import Sequence

from deployments.sqlite import declare_operators, take_turns, use_immediate_transactions


def server_environment(port: int, host: str = "127.0.0.1") -> dict[str, str]:
    """What the server's own process needs beside the stack's variables.

    The UI is told its API's address: left alone it calls port 4200. V1 is the default UI,
    because V2 calls an analytics host even when analytics are off.
    """
    return {
        "PREFECT_SERVER_API_HOST": host,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_UI_API_URL": f"http://{host}:{port}/api",
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }


def collect_rarely() -> None:
    """Keep the garbage collector from looking through all that was imported, again and again.

    With its defaults it takes a fifth of a server's time under load, and stops it for tenths
    of a second. What requests leave behind is small, and still collected.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def serve(host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    use_immediate_transactions()
    take_turns()
    declare_operators()

    import uvicorn
    from prefect.server.api.server import create_app

    app = create_app(final=True)
    collect_rarely()
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        timeout_keep_alive=5,
        timeout_graceful_shutdown=3,
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args(argv)
    # Prefect reads its settings when it is first imported.
    os.environ.update(server_environment(arguments.port, arguments.host))
    serve(arguments.host, arguments.port)


if __name__ == "__main__":
    main()
