"""x264 in a process of Python's on finished frames. Imports nothing but what that takes.

python -m deployments.bench_render.in_process RAW WIDTH HEIGHT FPS SETTINGS OUT.mp4
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import av
import numpy as np


def encode(file: Path, size_px: tuple[int, int], fps: int, settings: str, to: Path) -> None:
    """Encode raw yuv420p frames with one thread and `settings`, a JSON object for libx264."""
    width, height = size_px
    frame = av.VideoFrame(width, height, "yuv420p")
    windows = [
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:, : plane.width]
        for plane in frame.planes
    ]
    with av.open(str(to), "w") as container, file.open("rb") as raw:
        stream = container.add_stream("libx264", rate=fps, options=json.loads(settings))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.thread_count = 1
        number = 0
        while luma := raw.read(width * height):
            planes = luma, *(raw.read(width * height // 4) for _ in "uv")
            for window, data in zip(windows, planes, strict=True):
                window[:] = np.frombuffer(data, np.uint8).reshape(window.shape)
            frame.pts = number
            number += 1
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    source, wide, high, rate, options, target = sys.argv[1:]
    encode(Path(source), (int(wide), int(high)), int(rate), options, Path(target))
