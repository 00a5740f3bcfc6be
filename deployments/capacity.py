"""How many runs a machine or a container is fit for, by its cores and its memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reels.machine import cores, memory_bytes
from reels.models import SIZES_PX
from reels.needs import JOB_BYTES, model_bytes, render_bytes
from reels.settings import FlowSettings, ProviderSettings, WorkSettings

#: The embedded stack when no job is at work: server, API, workers, engines. Measured: 722 MB.
STACK_BYTES: Final = 800_000_000
#: One worker with its engine. Measured: 43 MB and 58 MB, and what starts them.
HOST_BYTES: Final = 200_000_000
#: A job is at work itself for seconds and waits for other pools for minutes.
JOBS_PER_CORE: Final = 4
#: Where memory allows: fewer could be held up by approvals that hold their process.
LEAST_JOBS: Final = 8
CORES_PER_RENDER: Final = 4
#: Its name among the aligners, whose packages are not imported for it.
_WHISPER: Final = "whisper"


@dataclass(frozen=True)
class Capacity:
    """Runs at once by pool, and how many bytes renders and transcriptions may take together."""

    pipeline_runs: int
    gpu_runs: int
    render_runs: int
    heavy_bytes: int


def capacity(
    cores: int, memory_bytes: int, settings: WorkSettings, *, model_bytes: int = 0, pool: str = ""
) -> Capacity:
    """What so many cores and so much memory are fit for; what `settings` choose stands.

    `pool` is the only one that this machine or container works for; empty: it has the whole
    stack. `model_bytes` is what an engine of the pool `gpu` holds for all its runs.
    """
    left = memory_bytes - (HOST_BYTES if pool else STACK_BYTES)
    if pool in ("", "gpu"):
        left -= model_bytes
    # On a machine of the whole stack half of it is for what the jobs have done.
    for_jobs = left if pool == "pipeline" else left // 2
    jobs = min(max(LEAST_JOBS, JOBS_PER_CORE * cores), for_jobs // JOB_BYTES)
    jobs = settings.pipeline_runs or max(1, jobs)
    heavy = left if pool else left - jobs * JOB_BYTES
    heavy = settings.worker_memory_mb * 1_000_000 or max(1, heavy)
    # A render encodes as many segments at once as there are cores, and mixes its sound.
    render = max(render_bytes(size_px, cores + 1) for size_px in SIZES_PX.values())
    renders = settings.render_runs or max(1, min(cores // CORES_PER_RENDER, heavy // render))
    return Capacity(jobs, settings.gpu_runs or 1, renders, heavy)


def here(pool: str = "") -> Capacity:
    """The capacity of this machine, or of this container, for `pool` alone or for all."""
    aligners = (name.strip() for name in FlowSettings().words_provider.split(","))
    model = model_bytes(ProviderSettings().whisper_local_model) if _WHISPER in aligners else 0
    return capacity(cores(), memory_bytes(), WorkSettings(), model_bytes=model, pool=pool)


def environment(found: Capacity) -> dict[str, str]:
    """What tells the runs of this machine how much memory they may share."""
    return {"VIDEO_SERVICE_WORKER_MEMORY_MB": str(max(1, found.heavy_bytes // 1_000_000))}
