"""Renders that are interrupted, killed, doubled, or out of room."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from reels.probe import probe
from tests.reels.cli.kit import command, environment, long_timeline, run, start, wait_until
from tests.reels.document.kit import write
from tests.reels.render_kit import speech_like, write_wav

pytestmark = pytest.mark.slow

SEGMENTS = 20


def _encoded(said: str) -> int:
    """How many segments a render says that it has encoded."""
    match = re.search(rf"(\d+) of {SEGMENTS} segments encoded", said)
    assert match, said
    return int(match[1])


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_an_interrupted_render_leaves_nothing_half_written(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    write_wav(tmp_path / "music.wav", speech_like(3, 0.1))
    child = start(tmp_path, "render", long_timeline(tmp_path, music="music.wav"), "-o", "out/v.mp4")
    wait_until(child, "10 %")
    child.send_signal(number)
    _, said = child.communicate(timeout=20)
    assert child.returncode == code
    assert "Traceback" not in said
    assert list((tmp_path / "out").iterdir()) == []
    left = list((tmp_path / "xdg/reelwright/segments").rglob("*"))
    assert {file.suffix for file in left if file.name != ".lock"} <= {".mp4", ".m4a", ".json"}


def test_a_killed_render_goes_on_where_it_was(tmp_path: Path) -> None:
    file = long_timeline(tmp_path)
    child = start(tmp_path, "render", file, "-o", "v.mp4")
    wait_until(child, "20 %")
    child.kill()
    child.wait()
    assert not (tmp_path / "v.mp4").exists()
    ran = run(tmp_path, "render", file, "-o", "v.mp4")
    assert 0 < _encoded(ran.stdout) <= SEGMENTS - 4
    found = probe(tmp_path / "v.mp4").video
    assert found is not None
    assert found.frames == 300
    assert not (tmp_path / "xdg/reelwright/segments/work").exists()


def test_two_renders_may_share_a_cache_and_a_target(tmp_path: Path) -> None:
    file = long_timeline(tmp_path, size_px=[180, 320])
    both = [start(tmp_path, "render", file, "-o", "v.mp4") for _ in range(2)]
    said = [child.communicate(timeout=60) for child in both]
    assert [child.returncode for child in both] == [0, 0], said
    shared = (tmp_path / "v.mp4").read_bytes()
    run(tmp_path, "render", file, "-o", "alone.mp4", "--cache", "own")
    assert (tmp_path / "alone.mp4").read_bytes() == shared


def _can_mount(folder: Path) -> bool:
    unshare = shutil.which("unshare")
    script = f"mount -t tmpfs tmpfs {folder}"
    return bool(unshare) and subprocess.run([unshare, "-rm", "sh", "-c", script]).returncode == 0


@pytest.mark.parametrize("full", ["cache", "target"])
def test_a_full_disk_is_told_as_one(tmp_path: Path, full: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not _can_mount(disk):
        pytest.skip("mounting a small disk is not allowed here")
    write_wav(tmp_path / "music.wav", speech_like(3, 0.1))
    file = write(tmp_path, music="music.wav")
    places = ("v.mp4", "disk") if full == "cache" else ("disk/v.mp4", "cache")
    render = command("render", file, "-o", places[0], "--cache", places[1], "--quiet")
    script = f'mount -t tmpfs -o size=40k tmpfs {disk} && "$@"; code=$?; ls -A {disk}; exit $code'
    ran = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", *render],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1
    assert "There is no room left on the disk" in ran.stderr
    assert "Traceback" not in ran.stderr
    left = [name for name in ran.stdout.split() if name != ".lock"]
    assert all(re.fullmatch(r"[0-9a-f]{64}\.\w+", name) for name in left), left
