"""Whisper on the stack: the gpu pool's warm engine holds the model that jobs align with."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from blocks.local_store import LocalStore
from reels.plans import TranscribePlan
from reels.transcripts import Transcript
from tests.flows.conftest import Videos, a_stack
from tests.reels.words.whisper_kit import checkpoint, sound

pytestmark = pytest.mark.slow
SAYS = "Two hearts stop. It would rather crawl."


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Videos]:
    """A stack whose aligner is Whisper, with a small checkpoint."""
    pytest.importorskip("whisper", reason="needs the extra whisper")
    home = tmp_path_factory.mktemp("listening")
    model = checkpoint(home / "known.pt", says=SAYS)
    with a_stack(
        home / "stack",
        VIDEO_SERVICE_WORDS_PROVIDER="whisper",
        VIDEO_SERVICE_WHISPER_LOCAL_MODEL=str(model),
    ) as running:
        yield running


def test_a_job_whose_words_are_to_be_aligned_gets_them_from_whisper(listening: Videos) -> None:
    job = listening.post(auto_approve=True, words="align", music="none")
    listening.until(job, "ready")
    assert {scene["words_provider"] for scene in listening.manifest(job)["scenes"]} == {"whisper"}
    assert "gpu" in {run["work_pool_name"] for run in listening.children(job)}


def test_ops_transcribe_a_sound_from_the_command_line(listening: Videos, tmp_path: Path) -> None:
    layout = listening.stack.layout
    store = LocalStore(layout.data_dir / "store", public_url="http://127.0.0.1", secret=b"s")
    audio = store.put("assets/ada/own/talk.wav", sound(tmp_path / "talk.wav", 6.0))
    plan = TranscribePlan(aligner="whisper", audio=audio)
    command = [sys.executable, "-m", "prefect", "deployment", "run", "transcribe-audio/default"]
    done = subprocess.run(
        [*command, "-p", f"plan={plan.model_dump_json()}"],
        env=layout.environment(listening.stack.addresses, {}),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr

    def transcript() -> Path | None:
        return next((layout.data_dir / "store/cache/transcript").rglob("*[0-9a-f].json"), None)

    path = listening.wait(transcript, "the transcript")
    found = Transcript.model_validate(json.loads(path.read_text()))
    assert found.language == "en"
    assert " ".join(word.text for word in found.words) == SAYS
