"""One picture of a finished video."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

from reels.errors import RenderError

_QUALITY = 88


def poster(path: Path, at_s: float, to: Path) -> Path:
    """Write the frame shown at `at_s` as a JPEG; returns `to`.

    Raises:
        RenderError: the file has no frame there.
    """
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            base = stream.time_base or Fraction(1, av.time_base)
            container.seek(int(at_s / base), stream=stream)
            shown = None
            for frame in container.decode(stream):
                if shown is not None and frame.time is not None and frame.time > at_s + 1e-6:
                    break
                shown = frame
    except (av.FFmpegError, IndexError, OSError) as error:
        raise RenderError(f"The file {path.name} cannot be read: {error}.") from error
    if shown is None:
        raise RenderError(f"The file {path.name} has no frame at {at_s:.2f} s.")
    rgb = shown.to_ndarray(format="rgb24")
    Image.fromarray(rgb).save(to, "JPEG", quality=_QUALITY, optimize=True)
    return to
