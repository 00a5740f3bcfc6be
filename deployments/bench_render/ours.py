"""Our contender: a fresh process that renders a timeline, and how it is started.

python -m deployments.bench_render.ours TIMELINE.json DIRECTORY OUT.mp4
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from reels.encode import encode_all
from reels.grid import plan
from reels.join import join
from reels.timeline import Media, Timeline


class Rendered(NamedTuple):
    """What a render printed. `start_cpu_s` is the interpreter's start and the imports."""

    start_cpu_s: float
    work_cpu_s: float
    work_wall_s: float
    peak_rss_mb: float
    segments: int
    made: int
    size_bytes: int

    @classmethod
    def read(cls, printed: str) -> Rendered:
        return cls(**json.loads(printed))


def command(timeline: Timeline, desk: Path, name: str = "ours", fresh: bool = True) -> list[str]:
    """Words that render `timeline` on `desk` into NAME.mp4; `fresh` empties the cache first."""
    parts, job, to = desk / f"{name}-parts", desk / f"{name}.json", desk / f"{name}.mp4"
    if fresh:
        shutil.rmtree(parts, ignore_errors=True)
    job.write_text(timeline.model_dump_json())
    return [sys.executable, "-m", __name__, *map(str, (job, parts, to))]


def main(job: Path, parts: Path, to: Path) -> dict[str, Any]:
    started, start_cpu_s = time.perf_counter(), _cpu_s()
    timeline = Timeline.model_validate_json(job.read_bytes())
    # Whoever makes a timeline hashes its pictures, so that belongs to the work.
    for path in {shot.media.path for shot in timeline.shots}:
        Media.of(path)
    before = set(parts.glob("*.mp4"))
    segments = plan(timeline)
    join(encode_all(segments, parts), None, to, work=parts)
    made = set(parts.glob("*.mp4")) - before
    return Rendered(
        start_cpu_s=start_cpu_s,
        work_cpu_s=_cpu_s() - start_cpu_s,
        work_wall_s=time.perf_counter() - started,
        peak_rss_mb=_peak_rss_mb(),
        segments=len(segments),
        made=len(made),
        size_bytes=to.stat().st_size,
    )._asdict()


def _cpu_s() -> float:
    """CPU of this process and of the children it waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def _peak_rss_mb() -> float:
    """The most memory that this process has had."""
    status = Path("/proc/self/status")
    if status.exists():
        # ru_maxrss would count the parent's memory from before exec.
        line = next(s for s in status.read_text().splitlines() if s.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    print(json.dumps(main(*map(Path, sys.argv[1:]))))
