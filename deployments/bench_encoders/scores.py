"""What an encoder takes for the frames, and how near to them it comes."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deployments.bench_encoders.material import FRAMES, Kind, Replay
from deployments.bench_render.material import FPS, SIZE_PX
from reels import ffmpeg
from reels.encode import write
from reels.grid import Encoder, Segment

#: The rule: all kinds of frames reach these, with the least work; of those that take hardly
#: more work than the least, the one of fewest bytes.
LEAST_MEAN, LEAST_WORST, MOST_BANDS, MOST_MBIT_S = 95.0, 90.0, 5.0, 8.0
HARDLY_MORE = 1.05

#: Each is encoded so often, and the least time counts: other work can only add to it.
TIMES = 3
_VMAF_S = 300.0


class Score(NamedTuple):
    """One encoding of one kind of frames."""

    cpu_s: float
    mbit_s: float
    vmaf: float
    vmaf_worst: float
    cambi: float


class Result(NamedTuple):
    """What one encoder did with every kind of frames."""

    encoder: Encoder
    scores: dict[str, Score]

    @property
    def ms_per_frame(self) -> float:
        return 1000 * statistics.mean(each.cpu_s for each in self.scores.values()) / FRAMES

    @property
    def mbit_s(self) -> float:
        return statistics.mean(each.mbit_s for each in self.scores.values())

    @property
    def vmaf(self) -> float:
        return min(each.vmaf for each in self.scores.values())

    @property
    def vmaf_worst(self) -> float:
        return min(each.vmaf_worst for each in self.scores.values())

    @property
    def cambi(self) -> float:
        return max(each.cambi for each in self.scores.values())

    @property
    def is_good(self) -> bool:
        seen = self.vmaf >= LEAST_MEAN and self.vmaf_worst >= LEAST_WORST
        return seen and self.cambi <= MOST_BANDS and self.mbit_s <= MOST_MBIT_S

    def written(self) -> dict[str, Any]:
        return {
            **self.encoder.model_dump(include={"codec", "preset", "crf"}),
            "cpu_ms_per_frame": round(self.ms_per_frame, 2),
            "mbit_s": round(self.mbit_s, 2),
            "vmaf": round(self.vmaf, 2),
            "vmaf_worst_hundredth": round(self.vmaf_worst, 2),
            "cambi": round(self.cambi, 2),
            "is_good": self.is_good,
            "kinds": {
                name: {field: round(value, 3) for field, value in score._asdict().items()}
                for name, score in self.scores.items()
            },
        }


def measured(encoder: Encoder, kinds: Sequence[Kind], desk: Path) -> Result:
    return Result(encoder, {kind.name: _score(encoder, kind, desk) for kind in kinds})


def _score(encoder: Encoder, kind: Kind, desk: Path) -> Score:
    part = desk / "part.mp4"
    segment = kind.segment.model_copy(update={"encoder": encoder})
    cpu_s = min(_cpu_s(segment, kind, part) for _ in range(TIMES))
    frames = _compared(part, kind.raw, desk)
    vmaf = [frame["vmaf"] for frame in frames]
    return Score(
        cpu_s=cpu_s,
        mbit_s=part.stat().st_size * 8 * FPS / FRAMES / 1e6,
        vmaf=statistics.mean(vmaf),
        vmaf_worst=float(np.percentile(vmaf, 1)),
        cambi=statistics.mean(frame["cambi"] for frame in frames),
    )


def _cpu_s(segment: Segment, kind: Kind, part: Path) -> float:
    before = time.process_time()
    write(segment, Replay(kind.frames), part)
    return time.process_time() - before


def _compared(part: Path, raw: Path, desk: Path) -> list[dict[str, float]]:
    """VMAF and CAMBI of every frame."""
    # The same colours on both sides, else ffmpeg would convert one of them.
    same = (
        f"settb=1/{FPS},setpts=N,setparams=range=tv:colorspace=bt709:color_primaries=bt709"
        ":color_trc=bt709:chroma_location=left"
    )
    compare = "libvmaf=feature=name=cambi:n_threads=2:log_fmt=json:log_path=vmaf.json"
    graph = f"[0:v]{same}[seen];[1:v]{same}[original];[seen][original]{compare}"
    size = f"{SIZE_PX[0]}x{SIZE_PX[1]}"
    original = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", size, "-r", str(FPS)]
    inputs = ["-i", str(part), *original, "-i", str(raw)]
    ffmpeg.run([*inputs, "-lavfi", graph, "-f", "null", "-"], desk, _VMAF_S)
    frames = [each["metrics"] for each in json.loads((desk / "vmaf.json").read_text())["frames"]]
    assert len(frames) == FRAMES
    return frames
