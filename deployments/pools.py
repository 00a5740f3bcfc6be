"""The work pools: what they are for, and how many runs a worker of each holds at once."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from deployments.capacity import Capacity, here

REPOSITORY = Path(__file__).resolve().parent.parent
CLIENT = Path(__file__).resolve().parent / "engine" / "client.py"


@dataclass(frozen=True)
class Pool:
    """A process work pool. `preload` is what its warm engine imports or calls first.

    `warm` is called by this pool's engine alone, and not by what all engines are forked from.
    """

    name: str
    description: str
    limit: int
    preload: tuple[str, ...]
    warm: tuple[str, ...] = ()


def pools(capacity: Capacity | None = None) -> tuple[Pool, ...]:
    """The pools of this house, with limits that fit `capacity` (by default that of a machine
    that has all of them).

    A waiting job holds a slot of `pipeline` while its approval holds, so that pool is wide.
    A render keeps every core busy that it may have; one transcription the whole device.
    """
    fit = capacity or here()
    return (
        Pool(
            "pipeline",
            "The videos' own flows: light work.",
            fit.pipeline_runs,
            (
                "flows.make_video",
                "flows.make_slideshow",
                "flows.run_scenario",
                "flows.make_batch",
                "flows.prune_cache",
            ),
        ),
        Pool(
            "gpu",
            "Transcription: one at a time on the device.",
            fit.gpu_runs,
            ("flows.transcribe_audio",),
            warm=("reels.words:warm",),
        ),
        Pool(
            "render",
            "Drawing and encoding: every core it may have.",
            fit.render_runs,
            (
                "flows.render_video",
                "flows.encode_segments",
                "flows.package_hls",
                "flows.package_video",
                # It is tried out when it is first looked for; killed then, it counts as missing.
                "reels.ffmpeg:binary",
            ),
        ),
    )


def engine_client(socket: Path, *words: str) -> list[str]:
    """The command that runs a module through the warm engine at `socket`."""
    return [sys.executable, "-S", "-E", str(CLIENT), str(socket), *words]


def engine_command(socket: Path) -> str:
    """The job variable `command` of a pool whose runs start from the engine at `socket`."""
    return shlex.join(engine_client(socket))
