"""Without its packages, and without a usable checkpoint, Whisper says what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reels.errors import ProviderError
from reels.words.whisper import Whisper
from reels.words.whisper_checkpoint import identity

pytestmark = pytest.mark.slow

#: What a machine without the extra answers, for the modules and for their metadata.
HIDDEN = """
import sys
from importlib import metadata
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"whisper", "torch"}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Hide())
found = metadata.distribution
def distribution(name):
    if name == "openai-whisper":
        raise metadata.PackageNotFoundError(name)
    return found(name)
metadata.distribution = distribution
"""
ASK = """
from pathlib import Path
from reels.errors import ProviderError
from reels.words import ALIGNERS, aligner, transcriber, warm
assert "whisper" in ALIGNERS
line = Path(sys.argv[1])
for ask in (
    lambda: aligner("whisper").version,
    lambda: aligner("whisper").align(line, "Two hearts.", "en"),
    lambda: transcriber("whisper").transcribe(line, None),
    warm,
):
    try:
        ask()
    except ProviderError as error:
        print(type(error).__name__, error.provider, error)
"""


def test_without_the_extra_every_way_in_names_the_command_that_installs_it(
    tmp_path: Path,
) -> None:
    from tests.reels.sound import write_wav

    line = write_wav(tmp_path / "line.wav", _noise(8_000), 16_000)
    done = subprocess.run(
        [sys.executable, "-c", HIDDEN + ASK, str(line)],
        capture_output=True,
        text=True,
        timeout=60,
        env={"VIDEO_SERVICE_WORDS_PROVIDER": "dtw, whisper"},
    )
    assert done.returncode == 0, done.stderr
    answers = done.stdout.splitlines()
    assert len(answers) == 4
    for answer in answers:
        assert answer.startswith("ProviderError whisper The package openai-whisper is not")
        assert "pip install" in answer
        assert "[whisper]" in answer


def test_a_checkpoint_that_is_not_there_is_told_with_its_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("whisper", reason="needs the extra whisper")
    monkeypatch.setenv("VIDEO_SERVICE_WHISPER_LOCAL_MODEL", str(tmp_path / "gone.pt"))
    with pytest.raises(ProviderError, match=r"gone\.pt.*VIDEO_SERVICE_WHISPER_LOCAL_MODEL") as got:
        _ = Whisper().version
    assert str(tmp_path) not in str(got.value)


def test_another_file_of_the_same_name_is_another_model(tmp_path: Path) -> None:
    """The model's identity is part of every content key: it is the file's content."""
    model, copy = tmp_path / "base.pt", tmp_path / "elsewhere.pt"
    model.write_bytes(b"one")
    copy.write_bytes(b"one")
    before = identity(str(model))
    assert identity(str(copy)) == before
    model.write_bytes(b"another")
    assert identity(str(model)) != before
    assert identity("base") == "base"


def _noise(samples: int):  # type: ignore[no-untyped-def]
    import numpy as np

    return np.random.default_rng(0).normal(0, 0.1, samples)
