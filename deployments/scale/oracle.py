"""What must be true of every job that was accepted, once all have ended."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg

from blocks.registry import store_from_settings
from deployments.scale.deaths import flow_runs
from deployments.scale.jobs import USER
from deployments.scale.running import Scale
from reels.artifacts import ArtifactStore, job_prefix
from reels.errors import ReelsError
from reels.finished import Promise, check
from reels.manifest import Manifest, RenderEntry
from reels.settings import StoreSettings
from reels.stages import RECOVERED_STATE

_FLOW = "make-video"


def faults(scale: Scale, accepted: Sequence[str], listed: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong, in words; nothing when every job ended once, with one playable video.

    `accepted` are the ids that the API gave, `listed` is what it lists of that user.
    """
    runs = flow_runs(scale, {"flows": {"name": {"any_": [_FLOW]}}})
    found = faults_in_lists(accepted, listed, runs)
    store = _store(scale)
    for job in accepted:
        found += [f"job {job}: {fault}" for fault in faults_in_store(store, job)]
    return found


def faults_in_lists(
    accepted: Sequence[str], listed: Sequence[Mapping[str, Any]], runs: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Whether the API lists, and Prefect has run, what was accepted: each once, to its end."""
    found = []
    if sorted(str(job["job_id"]) for job in listed) != sorted(accepted):
        found.append(f"{len(accepted)} jobs were accepted, and {len(listed)} are listed")
    if sorted(str(run["id"]) for run in runs) != sorted(accepted):
        found.append(f"{len(accepted)} jobs were accepted, and {len(runs)} runs were made for them")
    unready = [job for job in listed if job["status"] != "ready"]
    open_runs = [run for run in runs if run["state_type"] != "COMPLETED"]
    found += [f"job {job['job_id']} is {job['status']}" for job in unready]
    found += [f"the run of job {run['id']} is {run['state_name']}" for run in open_runs]
    return found


def recoveries(scale: Scale) -> list[float]:
    """When runs of any flow were scheduled again since their process was gone: epoch seconds."""
    with psycopg.connect(scale.backing.dsn) as database:
        found = database.execute(
            "SELECT timestamp FROM flow_run_state WHERE name = %s ORDER BY 1", (RECOVERED_STATE,)
        ).fetchall()
    return [float(at.timestamp()) for (at,) in found]


def faults_in_store(store: ArtifactStore, job: str) -> list[str]:
    """Whether a job has one final video, the one in its manifest, which can be played."""
    prefix = job_prefix(USER, job)
    finals = [key for key in store.sizes(prefix) if key.endswith("final.mp4")]
    if len(finals) != 1:
        return [f"{len(finals)} final videos"]
    try:
        manifest = Manifest.model_validate_json(store.read(f"{prefix}/manifest.json"))
        content = store.read(finals[0])
        promised = {ref.sha256 for ref in manifest.artifacts.values() if ref.key == finals[0]}
        if promised != {hashlib.sha256(content).hexdigest()}:
            return ["the final video is not the one in its manifest"]
        _play(content, manifest.render)
    except (ReelsError, ValueError) as error:
        return [str(error)]
    return []


def _play(content: bytes, render: RenderEntry) -> None:
    """Raises CheckFailed when it is not what its manifest says."""
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "final.mp4"
        video.write_bytes(content)
        check(video, Promise(frames=render.frames, size_px=render.size_px, fps=render.fps))


def _store(scale: Scale) -> ArtifactStore:
    """That of the set-up, as its workers have it."""
    given = scale.machines["worker-pipeline"][0].environment
    ours = {
        name: given[f"VIDEO_SERVICE_{name.upper()}"]
        for name in StoreSettings.model_fields
        if f"VIDEO_SERVICE_{name.upper()}" in given
    }
    return store_from_settings(StoreSettings.model_validate(ours))
