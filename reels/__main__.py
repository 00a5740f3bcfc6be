"""`python -m reels`: timelines become videos on the command line."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import NoReturn

from reels.cli import main


def _on_terminate(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    raise SystemExit(128 + number)


if __name__ == "__main__":
    # As an exception it lets everything clean up after itself.
    signal.signal(signal.SIGTERM, _on_terminate)
    sys.exit(main())
