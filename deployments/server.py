"""The embedded Prefect server: SQLite, loopback, no refusals under concurrency.

Run as `python -m deployments.server --port 4200`. Where the database lies and all else
comes from `PREFECT_*` variables; the stack sets them (`deployments/layout.py`). Whoever
reaches Prefect can run code on the workers: on another address than loopback it starts only
with a password, PREFECT_SERVER_API_AUTH_STRING, which all its clients then need, too.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from deployments.bell import App, bell_of, ringing, uncompressed
from deployments.collecting import collect_rarely
from deployments.remembering import leave_out_task_events
from deployments.sqlite import take_turns, use_immediate_transactions
from reels.errors import InvalidInput
from reels.loopback import is_loopback

#: Anybody who reaches the port can try passwords, one after the other.
MIN_PASSWORD_CHARS = 16


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


def require_password(host: str) -> None:
    """Refuse to serve others than this machine without a password.

    Raises:
        InvalidInput: there is none, or one that is soon guessed.
    """
    # Prefect reads its settings when it is first imported; by now they are all set.
    from prefect.settings import PREFECT_SERVER_API_AUTH_STRING

    password = PREFECT_SERVER_API_AUTH_STRING.value() or ""
    if not is_loopback(host) and len(password) < MIN_PASSWORD_CHARS:
        raise InvalidInput(
            "PREFECT_SERVER_API_AUTH_STRING",
            f"Prefect is to listen on {host!r}, where others can reach it, and whoever reaches it "
            "can run code on the workers.",
            remedy="Set PREFECT_SERVER_API_AUTH_STRING to a name, a colon and a password, "
            f"{MIN_PASSWORD_CHARS} characters or more in all, and PREFECT_API_AUTH_STRING to the "
            "same for the API, the workers and whatever else calls it; or leave out --host.",
        )


def serve(host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        InvalidInput: it would serve others than this machine without a password.
    """
    require_password(host)
    use_immediate_transactions()
    take_turns()
    leave_out_task_events()

    import uvicorn
    from prefect.server.api.server import create_app

    app: App = create_app(final=True)
    if bell := bell_of(os.environ):
        app = ringing(app, bell.ring)
    if is_loopback(host):
        app = uncompressed(app)
    collect_rarely()
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=3,
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args(argv)
    # Prefect reads its settings when it is first imported.
    os.environ.update(server_environment(arguments.port, arguments.host))
    try:
        serve(arguments.host, arguments.port)
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
