"""What every worker does: read its task, answer or refuse."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any


class Refused(Exception):
    """This text cannot be drawn; says why and what to do."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy


def serve(work: Callable[[dict[str, Any]], tuple[dict[str, Any], bytes]]) -> None:
    """Do the one task that stands on the standard input."""
    task = json.loads(sys.stdin.buffer.read())
    out = sys.stdout.buffer
    sys.stdout = sys.stderr
    try:
        facts, png = work(task)
    except Refused as error:
        facts, png = {"refused": error.why, "remedy": error.remedy}, b""
    except RecursionError:
        facts, png = {"refused": "it is nested too deeply.", "remedy": "Make it flatter."}, b""
    except MemoryError:
        facts, png = {"refused": "it needs too much memory.", "remedy": "Make it smaller."}, b""
    out.write(json.dumps(facts).encode() + b"\n" + png)
    out.flush()
