"""The video cut into segments, each encoded once and known by its content.

A segment's `key` is the hash of everything that shapes its bytes, so that a piece made
for a preview, for another job or before a crash is found again. Cuts are made so that a
change stays where it is: a transition is a short segment of its own, and what lies
between two transitions is cut where captions start, into pieces of at most 2 s, counted
from the shot's own start. A changed picture thus costs its shot's pieces and the
transitions beside it, a changed caption its own piece, and a shot that grows moves no
other.

Every segment starts with an IDR frame and is one closed GOP, which is what HLS asks for:
an IDR frame at least every 2 s.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from itertools import islice, takewhile
from typing import Any, Literal

from pydantic import Field

from reels.artifacts import content_key
from reels.captions.shown import ShownCue, faces_in, shown_cues
from reels.cuts import Piece, halves, pieces, starts
from reels.fonts import FONTS_DIR
from reels.models import CaptionLook, CaptionStyle, Fit, LanguageTag, Model, Motion, Transition
from reels.safe_area import caption_box
from reels.timeline import Film, Logo, Media, Shot, Timeline, TitleCard

#: Bump when the same segment would be drawn or encoded differently.
RENDERER = "3"
CodecName = Literal["libx264", "h264_nvenc", "h264_qsv", "h264_videotoolbox"]


class Encoder(Model):
    """How segments are encoded. All parts of one video MUST share one encoder.

    One thread whatever the machine: x264's output depends on their number, and a part
    made elsewhere must be the same to the byte. Segments run side by side instead, which
    costs less and fills the machine as well.

    `preset` is one of the codec's own. `crf` is its constant quality, 0 being the best;
    equal numbers of different codecs are not equal in quality. `device` tells hardware and
    drivers apart, whose parts do not fit each other; software needs none.

    The defaults are the least work that looks like the original: docs/encoders.md.
    """

    codec: CodecName = "libx264"
    preset: str = Field(default="superfast", pattern=r"^[a-z0-9]+$")
    crf: int = Field(default=17, ge=0, le=51)
    threads: int = Field(default=1, ge=1)
    device: str = Field(default="", max_length=64)


class Span(Model):
    """The frames of one shot that a segment shows.

    `offset` counts from where the shot is first seen, in a transition or not;
    `visible_frames` is how long it is seen in all.
    """

    media: Media
    motion: Motion
    fit: Fit
    from_s: float
    offset: int = Field(ge=0)
    visible_frames: int = Field(gt=0)


class Segment(Model):
    """One piece of the video, complete in itself.

    In a transition `spans` are the shot that goes and the one that comes; else there is
    one. `captions` are the cues inside, frames from the segment's start. `faces` names
    the shipped font files that they need. `brightness` gives the frames that are faded,
    as (frame, level between 0 and 1). `film_frame` is how far into the video the films
    over it are, `title_frame` the same for the title card. `logo_beside_px` are the rows of
    captions that a logo keeps clear of.
    """

    index: int
    first_frame: int
    frames: int
    size_px: tuple[int, int]
    fps: int
    spans: tuple[Span, ...]
    transition: Transition = "cut"
    language: LanguageTag = "en"
    caption_style: CaptionStyle = "none"
    caption_look: CaptionLook = CaptionLook()
    captions: tuple[ShownCue, ...] = ()
    faces: tuple[str, ...] = ()
    films: tuple[Film, ...] = ()
    film_frame: int = 0
    logo: Logo | None = None
    logo_beside_px: tuple[int, int] | None = None
    title_card: TitleCard | None = None
    title_frame: int = 0
    brightness: tuple[tuple[int, float], ...] = ()
    encoder: Encoder = Encoder()

    @property
    def key(self) -> str:
        """SHA-256 over all that shapes the encoded bytes; where it stands does not count."""
        shape = self.model_dump(mode="json", exclude={"index", "first_frame", "spans"})
        spans = [_shape(span) for span in self.spans]
        fonts = [_font_sha256(name) for name in self.faces]
        return content_key("segment", RENDERER, **_pathless(shape), spans=spans, fonts=fonts)

    @property
    def is_still(self) -> bool:
        """Whether every frame shows the same picture, captions and overlays apart."""
        return self.transition == "cut" and rests(self.spans[0])


def rests(span: Span) -> bool:
    """Whether it looks the same in every frame."""
    return span.media.kind == "picture" and span.motion == "none"


def _shape(span: Span) -> Any:
    shape = _pathless(span.model_dump(mode="json"))
    if rests(span):
        # A picture at rest looks the same wherever in its shot it is cut.
        shape |= {"offset": 0, "visible_frames": 0, "from_s": 0}
    if span.media.kind == "clip":
        shape |= {"visible_frames": 0, "motion": "none"}
    return shape


def _pathless(shape: Any) -> Any:
    """Media stand for their content: the path that a file happens to have is left out."""
    if isinstance(shape, dict):
        is_media = {"path", "sha256"} <= shape.keys()
        return {k: _pathless(v) for k, v in shape.items() if not (is_media and k == "path")}
    if isinstance(shape, list):
        return [_pathless(item) for item in shape]
    return shape


@cache
def _font_sha256(name: str) -> str:
    return hashlib.sha256((FONTS_DIR / name).read_bytes()).hexdigest()


def plan(timeline: Timeline, encoder: Encoder | None = None) -> tuple[Segment, ...]:
    """Cut the timeline into segments, in order; together they have its frames."""
    levels, half, start_of = _levels(timeline), halves(timeline), starts(timeline)
    ends_s = [cue.end_s for cue in timeline.cues]
    look = timeline.caption_look if timeline.captions != "none" else CaptionLook()
    segments = []
    for index, piece in enumerate(pieces(timeline)):
        end = piece.first + piece.frames
        captions = _captions(timeline, piece, ends_s)
        over = _over(timeline, piece.first)
        speaks = captions or "title_card" in over
        segments.append(
            Segment(
                index=index,
                first_frame=piece.first,
                frames=piece.frames,
                size_px=timeline.size_px,
                fps=timeline.fps,
                spans=tuple(
                    _span(timeline.shots[n], piece.first - start_of[n], half[n], half[n + 1])
                    for n in piece.shots
                ),
                transition=piece.transition,
                language=timeline.language if speaks else "en",
                caption_style=timeline.captions if captions else "none",
                caption_look=look if captions else CaptionLook(),
                captions=captions,
                faces=faces_in(captions, look) if captions else (),
                brightness=tuple(
                    (frame - piece.first, levels[frame])
                    for frame in range(piece.first, end)
                    if frame in levels
                ),
                encoder=encoder or Encoder(),
                **over,
            )
        )
    return tuple(segments)


def _captions(timeline: Timeline, piece: Piece, ends_s: Sequence[float]) -> tuple[ShownCue, ...]:
    """The cues inside; where no word is lit, when words are spoken does not count.

    Only those near are looked at: there may be thousands. `ends_s` is when each cue ends.
    """
    fps, end = timeline.fps, piece.first + piece.frames
    first = bisect_left(ends_s, (piece.first - 1) / fps)
    near = takewhile(lambda cue: cue.start_s * fps < end + 1, islice(timeline.cues, first, None))
    return shown_cues(tuple(near), fps, piece.first, piece.frames, timeline.captions)


def _over(timeline: Timeline, first: int) -> dict[str, Any]:
    """The overlays of a piece that starts at frame `first`."""
    over: dict[str, Any] = {"films": timeline.films, "logo": timeline.logo}
    if timeline.logo and timeline.captions != "none" and timeline.cues:
        look = timeline.caption_look
        box = caption_box(timeline.size_px, look.position, look.platform, look.size)
        over["logo_beside_px"] = (box[1], box[3])
    if timeline.films:
        over["film_frame"] = first
    card = timeline.title_card
    if card and first < card.frames:
        over |= {"title_card": card, "title_frame": first}
    return over


def _span(shot: Shot, at: int, before: int, after: int) -> Span:
    """What a piece shows of its shot, when it starts `at` frames after the shot does.

    In transitions the shot is seen `before` frames earlier and `after` frames longer.
    """
    return Span(
        media=shot.media,
        motion=shot.motion,
        fit=shot.fit,
        from_s=shot.from_s,
        offset=at + before,
        visible_frames=before + shot.frames + after,
    )


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
