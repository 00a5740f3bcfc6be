"""Which encoder is used: proven, remembered for a while, by many processes at once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import reels
from reels import hardware
from reels.codecs import CODECS
from reels.grid import CodecName, Encoder
from reels.hardware import Answer, Memory, best_encoder, device, disable, is_here

pytestmark = pytest.mark.slow

FOR_LONG = time.time() + 3600
WORKS = Answer(works=True, until_s=FOR_LONG)


def _absent(memory: Path, name: CodecName = "h264_nvenc") -> CodecName:
    """A hardware encoder that this machine has not got."""
    if best_encoder(name, memory).codec == name:
        pytest.skip(f"This machine has {name}.")
    return name


@pytest.mark.parametrize("name", [name for name in CODECS if name != "libx264"])
def test_an_encoder_that_is_not_here_gives_way_to_libx264_with_its_reason(
    tmp_path: Path, name: CodecName
) -> None:
    _absent(tmp_path, name)
    kept = Memory(tmp_path).recall("trial", name)
    assert kept is not None
    assert not kept.works
    assert name in kept.reason


def test_who_asks_for_libx264_starts_nothing(tmp_path: Path) -> None:
    assert best_encoder("libx264", tmp_path) == Encoder()
    assert not list(tmp_path.iterdir())


def test_hardware_that_works_is_used_and_is_not_tried_again(tmp_path: Path) -> None:
    Memory(tmp_path).keep("trial", "h264_nvenc", WORKS)
    usual = CODECS["h264_nvenc"].usual
    assert best_encoder("h264_nvenc", tmp_path) == usual.model_copy(update={"device": device()})


def test_an_answer_counts_until_its_time_is_over(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.keep("trial", "h264_qsv", WORKS)
    assert memory.recall("trial", "h264_qsv") == WORKS
    memory.keep("trial", "h264_qsv", WORKS.model_copy(update={"until_s": time.time() - 1}))
    assert memory.recall("trial", "h264_qsv") is None


def test_disabled_hardware_is_passed_over_although_its_trial_went_well(tmp_path: Path) -> None:
    Memory(tmp_path).keep("trial", "h264_nvenc", WORKS)
    disable(Encoder(codec="h264_nvenc"), "It broke.", tmp_path)
    assert best_encoder("h264_nvenc", tmp_path) == Encoder()
    kept = Memory(tmp_path).recall("failure", "h264_nvenc")
    assert kept is not None
    assert kept.reason == "It broke."
    assert 3600 < kept.until_s - time.time() < 24 * 3600


def test_hardware_is_used_again_when_its_time_out_is_over(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.keep("trial", "h264_nvenc", WORKS)
    memory.keep("failure", "h264_nvenc", Answer(works=False, until_s=time.time() - 1))
    assert best_encoder("h264_nvenc", tmp_path).codec == "h264_nvenc"


def test_what_another_device_was_found_to_do_does_not_count(tmp_path: Path) -> None:
    Memory(tmp_path).keep("trial", "h264_nvenc", WORKS)
    file = next(tmp_path.iterdir())
    file.rename(file.with_name(file.name.replace(device(), "0" * 12)))
    assert Memory(tmp_path).recall("trial", "h264_nvenc") is None


@pytest.mark.parametrize("text", ["", '{"works": tr', "[]", "\0\0\0\0"])
def test_a_spoilt_memory_is_no_memory(tmp_path: Path, text: str) -> None:
    Memory(tmp_path).keep("trial", "h264_nvenc", WORKS)
    next(tmp_path.iterdir()).write_text(text)
    assert Memory(tmp_path).recall("trial", "h264_nvenc") is None


def test_an_answer_is_given_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    _absent(tmp_path / "file")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("kill -SEGV $$", "-11"),
        ("echo driver speaks; exit 0", "ended with 0"),
        ("echo no such card >&2; exit 3", "no such card"),
        ("exec sleep 60", "longer than 0.2 s"),
    ],
)
def test_a_driver_that_crashes_or_hangs_fails_its_trial_alone(
    monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    monkeypatch.setattr(hardware, "TRIAL_S", 0.2 if "sleep" in script else 60)
    answer = hardware.tried(["/bin/sh", "-c", script])
    assert not answer.works
    assert reason in answer.reason


def test_a_trial_is_passed_whatever_a_driver_prints_before_its_end() -> None:
    assert hardware.tried(["/bin/sh", "-c", """echo hello; echo '{"fault": ""}'"""]).works


def test_libx264_passes_the_trial_that_hardware_is_put_to() -> None:
    assert hardware.tried([sys.executable, "-m", "reels.trial", "libx264"]).works


def test_parts_of_another_machines_hardware_are_not_made_here() -> None:
    assert is_here(Encoder())
    assert is_here(Encoder(codec="h264_nvenc", device=device()))
    assert not is_here(Encoder(codec="h264_nvenc", device="another"))


WRITE = """
import sys, time
from pathlib import Path
from reels.hardware import Answer, Memory
memory = Memory(Path(sys.argv[1]))
for number in range(150):
    answer = Answer(works=True, reason="x" * 4000, until_s=time.time() + 3600)
    memory.keep("trial", "h264_nvenc", answer)
"""


def test_processes_that_write_at_once_spoil_nothing(tmp_path: Path) -> None:
    """Every reading meanwhile finds one writer's whole answer, and the other kind's too."""
    memory = Memory(tmp_path)
    memory.keep("trial", "h264_nvenc", WORKS)
    memory.keep("failure", "h264_nvenc", WORKS)
    environment = os.environ | {"PYTHONPATH": str(Path(reels.__file__).parents[1])}
    command = [sys.executable, "-c", WRITE, str(tmp_path)]
    writers = [subprocess.Popen(command, env=environment) for _ in range(2)]
    read = 0
    while any(writer.poll() is None for writer in writers):
        found = memory.recall("trial", "h264_nvenc")
        assert found is not None
        assert found.reason in ("", "x" * 4000)
        read += 1
    assert [writer.returncode for writer in writers] == [0, 0]
    assert read > 10
    assert memory.recall("failure", "h264_nvenc") == WORKS
    assert len(list(tmp_path.iterdir())) == 2
