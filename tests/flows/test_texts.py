"""Ten texts as people have them become videos through the short routes, offline.

Of our own making or in the public domain (Aesop in Jacobs' telling, Tolstoy, Goethe, Li Bai).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.flows.conftest import Videos

pytestmark = pytest.mark.slow

TEXTS = sorted((Path(__file__).parent / "texts").glob("*.md"))
DEADLINE_S = 900.0
SHOWN = {
    "diagram": ["diagram", "slide"],
    "formulas": ["formula", "formula"],
    "mixed": ["code", "slide"],
    "python": ["code", "slide"],
    "readme": ["slide", "code", "slide"],
}
LANGUAGES = {"chinese": "zh", "german": "de", "mixed": "ru", "russian": "ru"}


@pytest.fixture(scope="module")
def told(videos: Videos) -> dict[str, dict[str, Any]]:
    """What each text's job says at its end, all having been asked for at once."""
    jobs = {path.stem: _asked(videos, path) for path in TEXTS}
    return {name: _ended(videos, job) for name, job in jobs.items()}


def _asked(videos: Videos, path: Path) -> str:
    body = {"source_text": path.read_text("utf-8")}
    answer = videos.api.post("/api/v1/video/generate", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "pending"
    return str(answer.json()["job_id"])


def _ended(videos: Videos, job: str) -> dict[str, Any]:
    def ended() -> dict[str, Any] | None:
        seen: dict[str, Any] = videos.api.get(f"/api/v1/video/status/{job}").json()
        return None if seen["status"] in ("pending", "processing") else seen

    return videos.wait(ended, f"the end of {job}", DEADLINE_S)


@pytest.mark.parametrize("name", [path.stem for path in TEXTS])
@pytest.mark.timeout(1_200)
def test_a_text_becomes_a_video_whose_every_spoken_word_is_in_its_subtitles(
    videos: Videos, told: dict[str, dict[str, Any]], name: str
) -> None:
    job = told[name]
    assert job["status"] == "completed", job["error"]
    states = {(scene["audio"], scene["visual"]) for scene in job["scenes"]}
    assert states == {("ready", "ready")}, job["scenes"]
    assert [s["kind"] for s in job["scenes"]] == SHOWN.get(name, ["slide"] * len(job["scenes"]))

    artifacts = videos.read(job["job_id"])["artifacts"]
    storyboard = videos.api.get(artifacts["storyboard"]).json()
    cues = videos.api.get(artifacts["subtitles"]["json"]).json()["cues"]
    assert storyboard["language"] == LANGUAGES.get(name, "en")
    spoken = "".join(scene["narration"] for scene in storyboard["scenes"])
    shown = "".join(cue["text"] for cue in cues)
    assert "".join(shown.split()) == "".join(spoken.split())
    assert videos.api.get(job["video_url"]).content[4:8] == b"ftyp"
