from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from reels import ffmpeg
from reels.errors import FfmpegFailed, FfmpegTimedOut

FOREVER = ["-re", "-f", "lavfi", "-i", "sine", "-f", "null", "-"]


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _ends_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_run_leaves_its_output_in_the_working_directory(tmp_path: Path) -> None:
    ffmpeg.run(["-f", "lavfi", "-i", "sine=d=0.2", "tone.wav"], tmp_path, 20)
    assert (tmp_path / "tone.wav").stat().st_size > 15_000


def test_a_failure_says_what_ffmpeg_said(tmp_path: Path) -> None:
    with pytest.raises(FfmpegFailed, match=r"missing\.mp4") as caught:
        ffmpeg.run(["-i", "missing.mp4", "out.wav"], tmp_path, 20)
    assert "No such file" in caught.value.stderr_tail


def test_a_run_is_killed_at_its_time_limit(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(FfmpegTimedOut, match=r"0\.5 s"):
        ffmpeg.run(FOREVER, tmp_path, 0.5)
    assert time.monotonic() - started < 5


def test_a_run_that_reads_nothing_is_killed_at_its_time_limit_while_we_write(
    tmp_path: Path,
) -> None:
    args = ["-re", "-f", "s16le", "-ar", "8000", "-i", "pipe:0", "-f", "null", "-"]
    with pytest.raises(FfmpegTimedOut):
        ffmpeg.run(args, tmp_path, 0.5, stdin=(b"\0" * 65536 for _ in range(10**6)))


def test_what_is_piped_in_arrives_whole(tmp_path: Path) -> None:
    pieces = [bytes([n]) * 70_001 for n in range(10)]
    args = ["-f", "u8", "-ar", "8000", "-i", "pipe:0", "-f", "u8", "raw"]
    ffmpeg.run(args, tmp_path, 20, stdin=pieces)
    assert (tmp_path / "raw").read_bytes() == b"".join(pieces)


def test_progress_is_told_in_seconds_of_output(tmp_path: Path) -> None:
    told: list[float] = []
    args = ["-f", "lavfi", "-i", "sine=d=3", "-f", "null", "-"]
    ffmpeg.run(args, tmp_path, 20, on_progress=told.append)
    assert told[-1] == pytest.approx(3, abs=0.05)


def test_an_exception_of_the_caller_kills_ffmpeg(tmp_path: Path) -> None:
    with pytest.raises(SystemExit), ffmpeg.feed(FOREVER, tmp_path, 60, piped=False) as process:
        raise SystemExit(143)
    assert process.popen.returncode == -signal.SIGKILL


def test_a_group_ends_runs_of_other_threads_and_those_that_come_late(tmp_path: Path) -> None:
    group = ffmpeg.Group()
    failures: list[Exception] = []

    def work() -> None:
        try:
            ffmpeg.run(FOREVER, tmp_path, 60, group=group, on_progress=lambda _: running.set())
        except FfmpegFailed as error:
            failures.append(error)

    running = threading.Event()
    thread = threading.Thread(target=work)
    thread.start()
    assert running.wait(10)
    group.kill()
    thread.join(10)
    assert len(failures) == 1
    with pytest.raises(FfmpegFailed):
        ffmpeg.run(FOREVER, tmp_path, 60, group=group)


CHILD = """
import signal, sys
# A shell without job control hands down an ignored SIGINT.
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from reels import ffmpeg
with ffmpeg.feed(sys.argv[1:], Path("."), 60, piped=False) as process:
    print(process.popen.pid, flush=True)
    process.popen.wait()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_ffmpeg_does_not_outlive_its_parent(tmp_path: Path, how: signal.Signals) -> None:
    env = {**os.environ, "PYTHONPATH": str(Path(ffmpeg.__file__).parents[1])}
    parent = subprocess.Popen(
        [sys.executable, "-c", CHILD, *FOREVER],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert _is_alive(pid)
    parent.send_signal(how)
    parent.wait(10)
    assert _ends_within(pid, 5)


def test_ffmpeg_stays_in_the_process_group_of_its_caller(tmp_path: Path) -> None:
    with ffmpeg.feed(["-t", "0.1", *FOREVER], tmp_path, 60, piped=False) as process:
        assert os.getpgid(process.popen.pid) == os.getpgid(0)
        assert os.getsid(process.popen.pid) == os.getsid(0)
