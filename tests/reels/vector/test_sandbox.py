"""The child draws within its limits, or ends, and can open nothing while it does."""

from __future__ import annotations

import socket
import time

import pytest

from reels.errors import BadOutput, InvalidInput, TransientFailure
from reels.limits import Limits
from reels.vector import sandbox

FIELD = "visual.spec.latex"
TASK = {"box_px": (300, 300), "size_px": (10, 60), "colour": "#ffffff", "shown": None}


def test_a_formula_comes_back_as_a_picture() -> None:
    drawing = sandbox.draw("formula_worker", {**TASK, "latex": ["x^2"]}, FIELD)
    assert drawing.png.startswith(b"\x89PNG")
    assert 10 <= drawing.facts["letters_px"] <= 60


def test_files_and_sockets_cannot_be_opened_while_closed() -> None:
    with sandbox.closed():
        with pytest.raises(OSError, match="Too many open files"):
            open("/etc/passwd")  # noqa: SIM115
        with pytest.raises(OSError, match="Too many open files"):
            socket.socket()
    with open("/dev/null"):
        pass


def test_a_child_that_needs_more_memory_than_it_may_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sandbox, "LIMITS", Limits(memory_bytes=24 << 20, cpu_s=9, file_bytes=0))
    with pytest.raises((InvalidInput, BadOutput)):
        sandbox.draw("formula_worker", {**TASK, "latex": ["x^2"]}, FIELD)


def test_a_child_that_runs_on_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "TIME_S", 0.05)
    started = time.monotonic()
    with pytest.raises((InvalidInput, TransientFailure)):
        sandbox.draw("formula_worker", {**TASK, "latex": ["x^2"]}, FIELD)
    assert time.monotonic() - started < 5
