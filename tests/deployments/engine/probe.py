"""What the engine's tests run in place of a flow: `python -m ….probe MODE ARGUMENT …`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path


def report() -> None:
    """Say what this process sees of what it was given."""
    from prefect.settings import PREFECT_API_URL

    seen = {
        "pid": os.getpid(),
        "cwd": os.getcwd(),
        "arguments": sys.argv[1:],
        "environment": dict(os.environ),
        "api_url": PREFECT_API_URL.value(),
        "stdin": sys.stdin.read(),
        "path": sys.path,
        "threads": threading.active_count(),
        "term_is_default": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
    }
    print(json.dumps(seen))
    print("to stderr", file=sys.stderr)


def end(code: str) -> None:
    sys.exit(int(code))


def be_killed_by(number: str) -> None:
    os.kill(os.getpid(), int(number))


def handle_term(mark: str) -> None:
    """Write down that SIGTERM came, and end with 5."""

    def on_term(*_: object) -> None:
        Path(mark).write_text("terminated")
        sys.exit(5)

    signal.signal(signal.SIGTERM, on_term)
    Path(mark).write_text("waiting")
    time.sleep(120)


def wait_for_helper(mark: str, session: str) -> None:
    """Like a task that waits for ffmpeg in a thread: SIGTERM alone does not end the wait."""
    helper = subprocess.Popen(["sleep", "120"], start_new_session=session == "own")
    signal.signal(signal.SIGTERM, lambda *_: None)
    Path(mark).write_text(f"{os.getpid()} {helper.pid}")
    thread = threading.Thread(target=helper.wait)
    thread.start()
    thread.join()


if __name__ == "__main__":
    {
        "report": lambda *_: report(),
        "end": end,
        "be-killed-by": be_killed_by,
        "handle-term": handle_term,
        "wait-for-helper": wait_for_helper,
    }[sys.argv[1]](*sys.argv[2:])
