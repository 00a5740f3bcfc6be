"""Down the chain of aligners: the next finds the words when one cannot, and that is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.registry import load_store
from deployments.fake_cloud.running import Cloud
from deployments.fake_cloud.state import Fault
from flows.transcribe_audio import transcribe_audio
from reels.errors import AuthenticationFailed, InvalidInput, ProviderError
from reels.models import SpeechRef
from reels.plans import LineToAlign, Transcribed, TranscribePlan
from reels.voice import voice

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("prefect_environment", "data_dir", "cloud", "no_whisper"),
]

LINES = ("The octopus has three hearts.", "Two of them stop when it swims.")
USED_UP = Fault(
    status=401, body={"detail": {"status": "quota_exceeded", "message": "No credits are left."}}
)


@pytest.fixture
def no_whisper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a package nor a model, which are told alike."""
    monkeypatch.setenv("VIDEO_SERVICE_WHISPER_LOCAL_MODEL", "/nowhere/base.pt")


@pytest.fixture
def lines(tmp_path: Path, data_dir: Path) -> tuple[LineToAlign, ...]:
    return tuple(_spoken(text, tmp_path / f"{number}.wav") for number, text in enumerate(LINES))


def _spoken(text: str, to: Path) -> LineToAlign:
    speech = voice("espeak").speak(text, language="en", voice="", to=to)
    audio = load_store().put(f"assets/ada/own/{to.name}", to)
    ref = SpeechRef(audio=audio, duration_s=speech.duration_s, provider="espeak")
    return LineToAlign(speech=ref, text=text)


def aligned(chain: str, lines: tuple[LineToAlign, ...]) -> Transcribed:
    return transcribe_audio(TranscribePlan(language="en", aligner=chain, lines=lines))


def steps(found: Transcribed) -> list[tuple[str, str, str]]:
    return [(step.stage, step.failed, step.instead) for step in found.fallbacks]


def test_the_first_that_can_finds_all_words(lines: tuple[LineToAlign, ...]) -> None:
    found = aligned("elevenlabs,dtw", lines)
    assert [line.provider for line in found.lines] == ["elevenlabs"] * 2
    assert found.fallbacks == ()


def test_only_the_line_that_one_cannot_align_goes_to_the_next(
    cloud: Cloud, lines: tuple[LineToAlign, ...]
) -> None:
    cloud.state.plan("elevenlabs", [USED_UP])
    found = aligned("elevenlabs,dtw", lines)
    assert sorted(line.provider for line in found.lines) == ["dtw", "elevenlabs"]
    assert steps(found) == [("words", "elevenlabs", "dtw")]
    assert "credits" in found.fallbacks[0].reason
    assert [len(line.words) for line in found.lines] == [len(text.split()) for text in LINES]


def test_a_chain_goes_on_where_a_package_or_a_model_is_missing_and_tells_it_once(
    lines: tuple[LineToAlign, ...],
) -> None:
    found = aligned("whisper,dtw", lines)
    assert [line.provider for line in found.lines] == ["dtw"] * 2
    assert steps(found) == [("words", "whisper", "dtw")]


def test_without_a_chain_a_missing_model_fails_and_says_what_to_do(
    lines: tuple[LineToAlign, ...],
) -> None:
    with pytest.raises(ProviderError, match=r"pip install|VIDEO_SERVICE_WHISPER_LOCAL_MODEL"):
        aligned("whisper", lines)


def test_a_line_that_none_hears_is_spread_over_its_sound(
    cloud: Cloud, lines: tuple[LineToAlign, ...]
) -> None:
    cloud.state.plan("elevenlabs", [Fault(status=200, body="<html>Back soon</html>")])
    found = aligned("elevenlabs", lines)
    assert sorted(line.provider for line in found.lines) == ["elevenlabs", "proportional"]
    assert steps(found) == [("words", "elevenlabs", "proportional")]


def test_a_wrong_key_is_for_a_person_to_mend(cloud: Cloud, lines: tuple[LineToAlign, ...]) -> None:
    cloud.state.keys["elevenlabs"] = "another"
    with pytest.raises(AuthenticationFailed, match="VIDEO_SERVICE_ELEVENLABS_API_KEY"):
        aligned("elevenlabs,dtw", lines)


def test_a_name_that_is_none_is_refused_before_anything_is_asked(
    cloud: Cloud, lines: tuple[LineToAlign, ...]
) -> None:
    with pytest.raises(InvalidInput, match=r"no aligner 'wisper'.*proportional, whisper"):
        aligned("elevenlabs,wisper", lines)
    assert cloud.state.calls == []
