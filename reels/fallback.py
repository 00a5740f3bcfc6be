"""Hardware gives way to libx264 when it fails, and is given up only when it is to blame.

A picture that is broken fails with any encoder. So a failure of a hardware encoder says
nothing by itself: the same work is done with libx264, and only if that succeeds was it the
hardware, which is then passed over for some hours. All parts of one video share one
encoder, so all of them are made anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from reels import hardware
from reels.encode import encode_all
from reels.errors import RenderError
from reels.grid import Encoder, Segment, plan
from reels.timeline import Timeline

T = TypeVar("T")

log = logging.getLogger(__name__)


class Encoded(NamedTuple):
    """The segments of a video, their files in order, and the encoder that made them."""

    segments: tuple[Segment, ...]
    parts: tuple[Path, ...]
    encoder: Encoder


def with_fallback(
    encoder: Encoder, render: Callable[[Encoder], T], memory: Path | None = None
) -> tuple[T, Encoder]:
    """What `render` gives for `encoder` or, when hardware fails, for libx264; and which it was.

    `render` does all that must share one encoder. `memory` is the directory that
    `hardware.best_encoder` was asked with.

    Raises:
        RenderError: it failed with libx264.
    """
    try:
        return render(encoder), encoder
    except RenderError as error:
        if encoder.codec == "libx264":
            raise
        reason = error.message
    log.warning("%s failed, so libx264 does its work: %s", encoder.codec, reason)
    software = Encoder()
    done = render(software)
    hardware.disable(encoder, reason, memory)
    return done, software


def encoded_with_fallback(
    timeline: Timeline,
    encoder: Encoder,
    directory: Path,
    *,
    workers: int | None = None,
    on_done: Callable[[Segment, Path], None] | None = None,
    memory: Path | None = None,
) -> Encoded:
    """`encode_all` for a whole timeline, with libx264 when hardware fails.

    `on_done` is then called for every segment once more.

    Raises:
        RenderError: it failed with libx264, or `encoder` was libx264.
    """

    def render(chosen: Encoder) -> tuple[tuple[Segment, ...], tuple[Path, ...]]:
        segments = plan(timeline, chosen)
        return segments, encode_all(segments, directory, workers, on_done)

    (segments, parts), used = with_fallback(encoder, render, memory)
    return Encoded(segments, parts, used)
