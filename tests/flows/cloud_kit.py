"""A stack whose paid services are a fake cloud that counts, for the tests of whole jobs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect.settings import PREFECT_API_URL, temporary_settings

from blocks.credentials import ElevenLabsAccess
from deployments.fake_cloud.running import Cloud, running_cloud
from deployments.fake_cloud.state import Call
from reels.cloud.prices import price_usd
from tests.flows.conftest import Videos, a_stack

GEMINI_KEY = "planted-gemini-key-4711"
ELEVENLABS_KEY = "planted-elevenlabs-key-0815"
GEMINI_SLOTS, ELEVENLABS_SLOTS = 4, 2


@dataclass
class House:
    """A stack whose services are the cloud's."""

    videos: Videos
    cloud: Cloud

    def make(self, idea: str, **body: Any) -> str:
        """Ask for a square video of an idea, two scenes long; returns the job's id."""
        asked = {"idea": idea, "duration_s": 10, **body}
        return self.post(**asked)

    def post(self, **body: Any) -> str:
        return self.videos._post({"aspect": "1:1", "auto_approve": True, **body})

    def ready(self, idea: str, **body: Any) -> dict[str, Any]:
        """The manifest of such a video."""
        job = self.make(idea, **body)
        self.videos.until(job, "ready")
        return self.videos.manifest(job)

    def ledger_usd(self, job: str) -> float:
        """What the store's ledger says that a job has cost so far."""
        folder = self.videos.stack.layout.data_dir / f"store/videos/ada/{job}/charges"
        return math.fsum(json.loads(f.read_text())["cost_usd"] for f in folder.glob("*.json"))

    def failed(self, idea: str, **body: Any) -> str:
        """Why such a video failed."""
        job = self.make(idea, **body)
        return str(self.videos.until(job, "failed")["error"]["message"])


@contextmanager
def a_house(data_dir: Path, **more: str) -> Iterator[House]:
    """Gemini's key is in the environment, that of ElevenLabs in a Prefect block."""
    with running_cloud() as cloud:
        cloud.state.keys.update(gemini=GEMINI_KEY, elevenlabs=ELEVENLABS_KEY)
        settings = {
            "VIDEO_SERVICE_GEMINI_API_KEY": GEMINI_KEY,
            "VIDEO_SERVICE_GEMINI_BASE_URL": f"{cloud.url}/gemini",
            "VIDEO_SERVICE_STORYBOARD_PROVIDER": "gemini,outline",
            "VIDEO_SERVICE_TEXT2IMG_PROVIDER": "gemini",
            "VIDEO_SERVICE_TTS_PROVIDER": "elevenlabs,espeak",
            "VIDEO_SERVICE_BACKING_TRACK": "elevenlabs,bed",
            "VIDEO_SERVICE_EFFECTS_PROVIDER": "elevenlabs,shipped",
            "VIDEO_SERVICE_GEMINI_CONCURRENCY": str(GEMINI_SLOTS),
            "VIDEO_SERVICE_ELEVENLABS_CONCURRENCY": str(ELEVENLABS_SLOTS),
            "VIDEO_SERVICE_PROVIDER_ATTEMPTS": "10",
            "VIDEO_SERVICE_PROVIDER_TIMEOUT_S": "20",
            **more,
        }
        with a_stack(data_dir, **settings) as videos:
            _save_block(videos, f"{cloud.url}/elevenlabs")
            yield House(videos, cloud)


def _save_block(videos: Videos, base_url: str) -> None:
    with temporary_settings({PREFECT_API_URL: videos.stack.addresses.prefect_api_url}):
        block = ElevenLabsAccess(api_key=ELEVENLABS_KEY, base_url=base_url)
        block.save("default", _sync=True)  # type: ignore[call-arg]


def paid(calls: list[Call]) -> float:
    """What the cloud charges for these calls, in dollars."""
    good = (call for call in calls if call.status == 200)
    return math.fsum(price_usd(call.service, call.model, call.units) for call in good)


def adds_up(manifest: dict[str, Any], calls: list[Call]) -> bool:
    """Whether a manifest's calls and costs are those that the cloud counted, by any sum of it."""
    by_scene = math.fsum(scene["cost_usd"] for scene in manifest["scenes"])
    for_all = math.fsum(cost["cost_usd"] for cost in manifest["costs"] if cost["scene"] is None)
    sums = [manifest["cost_usd"], by_scene + for_all]
    same = all(math.isclose(found, paid(calls), abs_tol=1e-6) for found in sums)
    return same and manifest["calls"] == len(calls)
