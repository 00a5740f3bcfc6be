"""The video cut on a 2 s grid, each piece encoded once and known by its content.

A segment's `key` is the hash of everything that shapes its bytes, so that a piece made
for a preview, for another job or before a crash is found again, and an edited caption
costs its own pieces only. The grid is that of HLS: an IDR frame every 2 s, closed GOPs.
"""

from __future__ import annotations

import hashlib
from functools import cache
from itertools import accumulate, pairwise
from typing import Any, Literal

from pydantic import Field

from reels import ass
from reels.artifacts import content_key
from reels.fonts import FONTS_DIR
from reels.models import Model, Motion
from reels.timeline import Media, Timeline

#: Bump when the same segment would be drawn or encoded differently.
RENDERER = "1"
GRID_S = 2
DISSOLVE_FRAMES = 8


class Encoder(Model):
    """How segments are encoded. All parts of one video MUST share one encoder.

    Two threads whatever the machine: x264's output depends on their number, and a part
    made elsewhere must be the same to the byte. Beyond two, run more segments at once.
    """

    codec: Literal["libx264"] = "libx264"
    preset: str = Field(default="veryfast", pattern=r"^[a-z]+$")
    crf: int = Field(default=20, ge=0, le=51)
    threads: int = Field(default=2, ge=1)


class Span(Model):
    """A run of frames of one shot inside a segment.

    `at` counts from the segment's start, `offset` from where the shot is first seen;
    `visible_frames` is how long it is seen in all. Over the first `dissolve_frames` of
    that it appears out of the span before it.
    """

    picture: Media
    motion: Motion
    at: int = Field(ge=0)
    frames: int = Field(gt=0)
    offset: int = Field(ge=0)
    visible_frames: int = Field(gt=0)
    dissolve_frames: int = Field(default=0, ge=0)


class Segment(Model):
    """One piece of the video, complete in itself.

    `captions` is the ASS script of the cues inside, times from the segment's start, and
    `faces` are the names of the shipped font files that it needs.
    `brightness` gives the frames that are faded, as (frame, level between 0 and 1).
    """

    index: int
    first_frame: int
    frames: int
    size_px: tuple[int, int]
    fps: int
    spans: tuple[Span, ...]
    captions: str = ""
    faces: tuple[str, ...] = ()
    brightness: tuple[tuple[int, float], ...] = ()
    encoder: Encoder = Encoder()

    @property
    def key(self) -> str:
        """SHA-256 over all that shapes the encoded bytes; where it stands does not count."""
        shape = self.model_dump(mode="json", exclude={"index", "first_frame", "spans"})
        spans = [_without_path(span) for span in self.spans]
        fonts = [_font_sha256(name) for name in self.faces]
        return content_key("segment", RENDERER, **shape, spans=spans, fonts=fonts)

    @property
    def is_still(self) -> bool:
        """Whether every frame shows the same picture (captions apart)."""
        return len(self.spans) == 1 and self.spans[0].motion == "none" and not self.brightness


def _without_path(span: Span) -> dict[str, Any]:
    shape = span.model_dump(mode="json", exclude={"picture"})
    if span.motion == "none" and span.offset >= span.dissolve_frames:
        # A picture at rest looks the same wherever in its shot it is cut.
        shape |= {"offset": 0, "visible_frames": 0, "dissolve_frames": 0}
    return shape | {"picture": span.picture.sha256}


@cache
def _font_sha256(name: str) -> str:
    return hashlib.sha256((FONTS_DIR / name).read_bytes()).hexdigest()


def plan(timeline: Timeline, encoder: Encoder | None = None) -> tuple[Segment, ...]:
    """Cut the timeline into segments of 2 s; the last one is what remains."""
    grid = GRID_S * timeline.fps
    spans = _whole_spans(timeline)
    levels = _levels(timeline)
    script = ass.Script(timeline.size_px, timeline.fps, timeline.captions)
    events = script.events(timeline.cues)
    segments = []
    for index, first in enumerate(range(0, timeline.frames, grid)):
        frames = min(grid, timeline.frames - first)
        document = script.document(events, first, frames)
        inside = {frame - first: level for frame, level in levels.items()}
        segments.append(
            Segment(
                index=index,
                first_frame=first,
                frames=frames,
                size_px=timeline.size_px,
                fps=timeline.fps,
                spans=_cut(spans, first, frames),
                captions=document.script,
                faces=tuple(face.name for face in document.faces),
                brightness=tuple((f, lv) for f, lv in sorted(inside.items()) if 0 <= f < frames),
                encoder=encoder or Encoder(),
            )
        )
    return tuple(segments)


def _whole_spans(timeline: Timeline) -> list[Span]:
    """Every shot as it is seen in the whole video, dissolves included."""
    shots = timeline.shots
    want = DISSOLVE_FRAMES // 2 if timeline.transition == "dissolve" else 0
    halves = [0, *(min(want, a.frames // 2, b.frames // 2) for a, b in pairwise(shots)), 0]
    starts = [0, *accumulate(shot.frames for shot in shots)]
    spans = []
    for index, shot in enumerate(shots):
        before, after = halves[index], halves[index + 1]
        visible = before + shot.frames + after
        spans.append(
            Span(
                picture=shot.picture,
                motion=shot.motion,
                at=starts[index] - before,
                frames=visible,
                offset=0,
                visible_frames=visible,
                dissolve_frames=2 * before,
            )
        )
    return spans


def _cut(spans: list[Span], first: int, frames: int) -> tuple[Span, ...]:
    """What of `spans` lies in the window, counted from the window's start."""
    inside = []
    for span in spans:
        start, end = max(span.at, first), min(span.at + span.frames, first + frames)
        if start < end:
            place = {"at": start - first, "frames": end - start, "offset": start - span.at}
            inside.append(span.model_copy(update=place))
    return tuple(inside)


def _levels(timeline: Timeline) -> dict[int, float]:
    """Brightness of the frames that fade from black at the start and to black at the end."""
    last = timeline.frames - 1
    levels: dict[int, float] = {}
    for frames, first, step in (
        (timeline.fade_in_frames, 0, 1),
        (timeline.fade_out_frames, last, -1),
    ):
        for n in range(min(frames, timeline.frames)):
            frame = first + n * step
            level = round((n + 1) / (frames + 1), 4)
            levels[frame] = min(level, levels.get(frame, 1.0))
    return levels
