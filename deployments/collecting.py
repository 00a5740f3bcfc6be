"""The garbage collector in a server that has imported much and answers many."""

from __future__ import annotations

import gc


def collect_rarely() -> None:
    """Keep the garbage collector from looking through all that was imported, again and again.

    With its defaults it takes a fifth of a server's time under load, and stops it for tenths
    of a second. What requests leave behind is small, and still collected.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
