"""The clock that the faults step: of a process's wall clock, and of no other."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.small_disk import MayNot
from tests.faults.stepped_clock import SteppedClock

TELL = """
import datetime, time
began = time.monotonic()
for _ in range(3):
    input()
    print(time.time(), datetime.datetime.now().timestamp(), time.monotonic() - began, flush=True)
    time.sleep(0.01)
"""


def test_a_running_process_sees_its_wall_clock_step_on_and_back(tmp_path: Path) -> None:
    try:
        clock = SteppedClock.build(tmp_path)
    except MayNot as missing:
        pytest.skip(str(missing))
    process = subprocess.Popen(
        [sys.executable, "-c", TELL],
        env=os.environ | clock.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        for shift_s in (0, 1000, -1000):
            clock.step(shift_s)
            process.stdin.write("\n")
            process.stdin.flush()
            told = [float(each) for each in process.stdout.readline().split()]
            assert told[0] == pytest.approx(time.time() + shift_s, abs=60)
            assert told[1] == pytest.approx(told[0], abs=60)
            assert 0 <= told[2] < 300
    finally:
        process.kill()
        process.communicate()
