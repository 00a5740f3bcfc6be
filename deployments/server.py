"""The embedded Prefect server: SQLite, loopback, no refusals under concurrency.

Run as `python -m deployments.server --port 4200`. Where the database lies and all else
comes from `PREFECT_*` variables; the stack sets them (`deployments/layout.py`).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa


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


def use_immediate_transactions() -> None:
    """Make SQLite take the write lock when a transaction begins, not at its first write.

    A deferred transaction that has read and then writes is refused at once when another
    has written in between; no busy timeout helps, and clients get 503. Reads that Prefect
    does outside of transactions stay so.

    Raises:
        RuntimeError: this Prefect has no such hook; the pinned release has.
    """
    from prefect.server.database import configurations

    configuration: Any = getattr(configurations, "AioSqliteConfiguration", None)
    mode: Any = getattr(configurations, "SQLITE_BEGIN_MODE", None)
    if mode is None or not hasattr(configuration, "begin_sqlite_stmt"):
        raise RuntimeError(
            "This release of Prefect begins SQLite transactions in another way, so the embedded "
            "server would refuse requests under load. Install the release that constraints.txt "
            "names, or adapt deployments/server.py."
        )

    def begin_immediate(_self: object, connection: sa.Connection) -> None:
        if mode.get() is not None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    configuration.begin_sqlite_stmt = begin_immediate


def serve(host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    use_immediate_transactions()

    import uvicorn
    from prefect.server.api.server import create_app

    uvicorn.run(
        create_app(final=True),
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
