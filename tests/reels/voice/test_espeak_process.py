"""The engine's own process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import reels.voice.espeak_process as child
from reels.voice.espeak_catalog import install, languages
from reels.voice.espeak_engine import Delivery, utter

_RUN = [sys.executable, "-I", "-S", child.__file__]


def request(tmp_path: Path, **changes: object) -> bytes:
    return json.dumps(
        {
            "library": install().library,
            "data": install().data,
            "voice": "en-us",
            "text": "Hello, world",
            "to": str(tmp_path / "out.wav"),
            "rate_wpm": 170,
            "pitch": 50,
            "pitch_range": 50,
            "word_gap": 0,
            "time_limit_s": 10,
        }
        | changes
    ).encode()


def test_it_also_runs_as_a_module_and_says_where_the_words_are(tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reels.voice.espeak_process"],
        input=request(tmp_path),
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )

    reply = json.loads(done.stdout)
    assert reply["rate_hz"] == 22050
    assert [position for kind, position, _ in reply["events"] if kind == "word"] == [0, 7]
    assert (tmp_path / "out.wav").stat().st_size == 2 * reply["samples"] + 44


@pytest.mark.parametrize("changes", [{"voice": "none-such"}, {"library": "/none/such.so"}])
def test_a_failure_is_said_in_the_reply(tmp_path, changes) -> None:
    done = subprocess.run(
        _RUN, input=request(tmp_path, **changes), capture_output=True, check=False
    )

    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]


def test_its_own_alarm_ends_it_when_nobody_else_does(tmp_path) -> None:
    endless = request(tmp_path, text="word " * 400_000, time_limit_s=0.3)

    done = subprocess.run(_RUN, input=endless, capture_output=True, check=False, timeout=20)

    assert done.returncode == -signal.SIGALRM


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends orphans on Linux only")
def test_it_dies_with_its_parent(tmp_path) -> None:
    (tmp_path / "request").write_bytes(request(tmp_path, text="word " * 400_000, time_limit_s=120))
    # The parent waits until the child is at work (it has ended reading), tells its id and dies.
    parent = (
        "import subprocess, sys, os, signal, time\n"
        f"p = subprocess.Popen({_RUN!r}, stdin=open({str(tmp_path / 'request')!r}),"
        " stdout=subprocess.DEVNULL)\n"
        "while b'libespeak' not in open(f'/proc/{p.pid}/maps', 'rb').read(): pass\n"
        "print(p.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        pid = int(killed.stdout.readline())
        watched = _open_process(pid)
    if watched is not None:
        assert _ended(watched, within_s=5)


def _open_process(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


def _ended(process: int, within_s: float) -> bool:
    import select

    try:
        return bool(select.select([process], [], [], within_s)[0])
    finally:
        os.close(process)


@pytest.mark.slow
@pytest.mark.parametrize("voice", sorted(set(languages().values())))
def test_the_engine_knows_every_voice_that_the_catalog_names(voice, tmp_path) -> None:
    spoken = utter("123 a", voice=voice, delivery=Delivery(), to=tmp_path / "raw.wav")

    assert spoken.duration_s > 0.2
