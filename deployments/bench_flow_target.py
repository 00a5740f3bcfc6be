"""The trivial flow of `make bench-flow`: its first line writes down the time."""

from __future__ import annotations

import time
from pathlib import Path

from prefect import flow


@flow
def first_line(mark: str) -> None:
    """Write the moment at which the flow's body begins (epoch seconds) to the file `mark`."""
    now = time.time()
    Path(mark).write_text(repr(now))
