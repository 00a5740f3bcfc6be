"""`python -m reels`: timelines become videos on the command line."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from reels.cli import main


def _on_terminate(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    raise SystemExit(128 + number)


def _code() -> int:
    try:
        return main()
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)


if __name__ == "__main__":
    # As an exception it lets everything clean up after itself.
    signal.signal(signal.SIGTERM, _on_terminate)
    # What `nohup` lets run on is not told that its terminal is closed.
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _on_terminate)
    code = _code()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    # All is cleaned up; a thread that is still mixing a sound is not worth waiting for.
    os._exit(code)
