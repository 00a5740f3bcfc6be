"""The warm engine loads Whisper's model and forks: the children compute, and load nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.reels.words.conftest import SETTING
from tests.reels.words.whisper_kit import ENGLISH, sound

pytestmark = pytest.mark.slow

ENGINE = """
import os, sys, threading, time
from pathlib import Path
from reels.words import aligner, warm
from reels.words import whisper_model as models

natives = lambda: len(os.listdir("/proc/self/task"))
import numpy
before = natives()
warm()
assert models._held.model is not None
assert threading.active_count() == 1
assert natives() == before, "a native thread was started before the fork"
models.load = None  # a child that loads again fails
line, text = Path(sys.argv[1]), sys.argv[2]
children = []
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            import torch
            words = aligner("whisper").align(line, text, "en")
            assert torch.get_num_threads() == models.cores()
            code = 0 if len(words) == len(text.split()) else 2
        finally:
            os._exit(code)
    children.append(pid)
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children))
"""


def test_children_of_an_engine_that_has_loaded_the_model_align_with_all_threads(
    whisper_checkpoint: Path, tmp_path: Path
) -> None:
    line = sound(tmp_path / "line.wav", 6.0)
    done = subprocess.run(
        [sys.executable, "-c", ENGINE, str(line), ENGLISH],
        capture_output=True,
        text=True,
        timeout=120,
        env={SETTING: str(whisper_checkpoint), "VIDEO_SERVICE_WORDS_PROVIDER": "whisper"},
    )
    assert done.returncode == 0, done.stderr


def test_nothing_is_loaded_for_those_who_use_another_aligner() -> None:
    code = "import sys; from reels.words import warm; warm(); sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], timeout=60, env={})
    assert done.returncode == 0
