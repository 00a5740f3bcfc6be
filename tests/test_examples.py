"""The examples do what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reels import load, render

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_example_makes_a_timeline_that_renders(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, ROOT / "examples/timeline/make.py", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    file = Path(made.stdout.strip())
    document = load(file)
    assert (len(document.shots), len(document.lines)) == (3, 3)
    report = render(file, tmp_path / "look.mp4", cache=tmp_path / "cache", preview=True)
    assert report.frames == document.frames
    assert report.loudness is not None
    assert report.loudness.integrated_lufs == pytest.approx(-14, abs=0.5)
