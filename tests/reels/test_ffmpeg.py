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
from reels.errors import FfmpegFailed, FfmpegKilled, FfmpegTimedOut
from reels.limits import Limits

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


def test_what_ffmpeg_writes_is_read_whole(tmp_path: Path) -> None:
    args = [
        "-f",
        "lavfi",
        "-i",
        "color=s=16x16:r=10:d=1",
        "-pix_fmt",
        "gray",
        "-f",
        "rawvideo",
        "-",
    ]
    frame = memoryview(bytearray(256))
    with ffmpeg.read(args, tmp_path, 20) as child:
        assert [child.fill(frame) for _ in range(12)] == [256] * 10 + [0, 0]
    assert child.popen.returncode == 0


def test_leaving_before_the_end_kills_ffmpeg_without_complaint(tmp_path: Path) -> None:
    args = ["-f", "lavfi", "-i", "color=s=16x16", "-pix_fmt", "gray", "-f", "rawvideo", "-"]
    with ffmpeg.read(args, tmp_path, 20) as child:
        child.fill(memoryview(bytearray(256)))
    assert child.popen.returncode == -signal.SIGKILL


def test_a_reader_is_told_of_a_failure_at_the_end_of_the_output(tmp_path: Path) -> None:
    args = ["-i", "missing.mp4", "-f", "null", "-"]
    frame = memoryview(bytearray(256))
    with (
        ffmpeg.read(args, tmp_path, 20) as child,
        pytest.raises(FfmpegFailed, match=r"missing\.mp4"),
    ):
        child.fill(frame)


def test_a_reader_that_waits_is_freed_at_the_time_limit(tmp_path: Path) -> None:
    frame = memoryview(bytearray(256))
    with (
        ffmpeg.read(FOREVER, tmp_path, 0.3) as child,
        pytest.raises(FfmpegTimedOut, match=r"0\.3 s"),
    ):
        child.fill(frame)


def test_memory_is_limited(tmp_path: Path) -> None:
    args = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=2000x2000:r=1:d=40",
        "-vf",
        "reverse",
        "-f",
        "null",
        "-",
    ]
    with pytest.raises(FfmpegFailed, match="150 MB: use smaller media"):
        ffmpeg.run(args, tmp_path, 20, limits=Limits(memory_bytes=150 << 20))
    ffmpeg.run(args, tmp_path, 20, limits=Limits(memory_bytes=450 << 20))


def test_processor_time_is_limited(tmp_path: Path) -> None:
    args = ["-f", "lavfi", "-i", "mandelbrot=s=1280x720", "-f", "null", "-"]
    with pytest.raises(FfmpegTimedOut, match="1 s of processor time"):
        ffmpeg.run(args, tmp_path, 60, limits=Limits(cpu_s=1))


def test_the_size_of_files_is_limited(tmp_path: Path) -> None:
    args = ["-f", "lavfi", "-i", "sine=d=10", "tone.wav"]
    with pytest.raises(FfmpegFailed, match="File too large"):
        ffmpeg.run(args, tmp_path, 20, limits=Limits(file_bytes=100_000))
    assert (tmp_path / "tone.wav").stat().st_size <= 100_000


#: Stands in for an ffmpeg that starts a process of its own, which then starts another.
FAMILY = """#!/bin/sh
sh -c 'sleep 100 & echo $! >> pids; wait' &
echo $! >> pids
wait
"""


def test_what_ffmpeg_started_is_killed_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = tmp_path / "parent"
    parent.write_text(FAMILY)
    parent.chmod(0o700)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(parent))
    pids, group, started = tmp_path / "pids", ffmpeg.Group(), []

    def watch() -> None:
        while len(started) < 2:
            time.sleep(0.01)
            started[:] = map(int, pids.read_text().split()) if pids.exists() else ()
        group.kill()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    with pytest.raises(FfmpegFailed, match="signal 9"):
        ffmpeg.run([], tmp_path, 30, group=group)
    watcher.join(5)
    assert len(started) == 2
    assert all(_ends_within(pid, 5) for pid in started)


def test_one_that_somebody_killed_is_told_from_one_that_failed(tmp_path: Path) -> None:
    """As the kernel does when memory is short: what it read is not to blame."""
    endless = ["-f", "lavfi", "-i", "nullsrc=r=1", "-re", "-f", "null", "-"]
    with pytest.raises(FfmpegKilled, match="signal 9"), ffmpeg.feed(endless, tmp_path, 60) as child:
        os.kill(child.popen.pid, signal.SIGKILL)


def test_a_log_without_end_takes_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chatterbox = tmp_path / "chatterbox"
    chatterbox.write_text("#!/bin/sh\nhead -c 3000000 /dev/zero | tr '\\0' x >&2\n")
    chatterbox.chmod(0o700)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(chatterbox))
    log = ffmpeg.run([], tmp_path, 20)
    assert 1000 < len(log) < 1_000_000


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
