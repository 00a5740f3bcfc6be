"""The same segment has the same bytes, whatever lay in memory before and whoever runs beside."""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import reels
from reels.grid import Encoder, Segment, plan
from reels.timeline import Media, Shot, Timeline

pytestmark = pytest.mark.slow

SIZE_PX = (540, 960)
#: Its look-ahead weighs every block by the frames to come (`mbtree`).
LOOKS_AHEAD = Encoder(preset="veryfast")

ENCODE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from reels.encode import encode
from reels.grid import Segment
segment = Segment.model_validate_json(Path(sys.argv[1]).read_text())
folder = Path(sys.argv[2])
with ThreadPoolExecutor(2) as pool:
    list(pool.map(lambda n: encode(segment, folder / f"{n}.mp4", folder), range(2)))
"""


def _is_glibc() -> bool:
    return hasattr(ctypes.CDLL(None), "gnu_get_libc_version")


@pytest.mark.skipif(os.name != "posix" or not _is_glibc(), reason="only glibc can fill memory")
def test_bytes_do_not_depend_on_what_memory_held(tmp_path: Path) -> None:
    """glibc fills what is allocated with a byte of choice: code that reads it shows itself."""
    (tmp_path / "segment.json").write_text(_moving_noise(tmp_path).model_dump_json())
    running = [_encoding(tmp_path, byte) for byte in (0x55, 0xAA)]
    assert [process.wait(60) for process in running] == [0, 0]
    made = {hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.glob("*/*.mp4")}
    assert len(list(tmp_path.glob("*/*.mp4"))) == 4
    assert len(made) == 1


def _moving_noise(folder: Path) -> Segment:
    noise = np.random.default_rng(0).integers(0, 256, (*SIZE_PX[::-1], 3), dtype=np.uint8)
    cv2.imwrite(str(folder / "noise.png"), cv2.GaussianBlur(noise, (0, 0), 1))
    shot = Shot(media=Media.of(folder / "noise.png"), frames=30, motion="push_in")
    made = Timeline(size_px=SIZE_PX, shots=(shot,), fade_in_frames=0, fade_out_frames=0)
    return plan(made, LOOKS_AHEAD)[0]


def _encoding(folder: Path, byte: int) -> subprocess.Popen[bytes]:
    to = folder / str(byte)
    to.mkdir()
    environment = os.environ | {
        "PYTHONPATH": str(Path(reels.__file__).parents[1]),
        "GLIBC_TUNABLES": f"glibc.malloc.perturb={byte}",
    }
    command = [sys.executable, "-c", ENCODE, str(folder / "segment.json"), str(to)]
    return subprocess.Popen(command, env=environment)
