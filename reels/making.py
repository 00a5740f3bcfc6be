"""The parts of a video and its sound, made side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from reels.background import Background
from reels.document.looking import look_at_heads
from reels.encode import encode_all
from reels.grid import Encoder, Segment, plan
from reels.segment_cache import Cache
from reels.soundtrack import Mixed, Soundtrack, mix
from reels.timeline import Timeline


class Progress(NamedTuple):
    """How far a render is. Frames that were found in the cache count as done."""

    stage: Literal["segments", "sound", "joining"]
    frames_done: int
    frames: int


OnProgress = Callable[[Progress], None]


class Parts(NamedTuple):
    """Segments in order, their files, and how many of them had to be encoded."""

    segments: tuple[Segment, ...]
    files: tuple[Path, ...]
    encoded: int


class Making:
    """Makes what the cache lacks. The sound is begun at once, and taken when it is wanted.

    `desk` is a directory for passing files; `tell` is called in the caller's thread.
    """

    def __init__(
        self,
        timeline: Timeline,
        soundtrack: Soundtrack | None,
        cache: Cache,
        desk: Path,
        workers: int | None,
        tell: OnProgress,
    ) -> None:
        self._timeline = timeline
        self._cache = cache
        self._desk = desk
        self._workers = workers
        self._tell = tell
        self._sound = (
            Background(lambda: mix(soundtrack, cache.directory, desk)) if soundtrack else None
        )

    def parts(self, encoder: Encoder) -> Parts:
        """All segments, encoded by `encoder`.

        Raises:
            InvalidInput: media are not what their place needs.
            RenderError: media cannot be read, the encoder failed, or meanwhile the sound.
        """
        segments = plan(self._timeline, encoder)
        missing = self._cache.missing(segments)
        look_at_heads(self._timeline, _media_of(missing), self._desk)
        files = encode_all(segments, self._cache.directory, self._workers, self._counter(segments))
        return Parts(segments, files, len(missing))

    def sound(self) -> Mixed | None:
        """The mixed sound, when there is any. Raises InvalidInput and RenderError."""
        self._tell_all_done("sound")
        mixed = self._sound.result() if self._sound else None
        self._tell_all_done("joining")
        return mixed

    def _counter(self, segments: tuple[Segment, ...]) -> Callable[[Segment, Path], None]:
        """Counts frames as their segments are done, and looks after the sound meanwhile."""
        frames: dict[str, int] = {}
        for segment in segments:
            frames[segment.key] = frames.get(segment.key, 0) + segment.frames
        done = 0

        def on_done(segment: Segment, _: Path) -> None:
            nonlocal done
            if self._sound:
                self._sound.raise_if_failed()
            done += frames[segment.key]
            self._tell(Progress("segments", done, self._timeline.frames))

        self._tell(Progress("segments", 0, self._timeline.frames))
        return on_done

    def _tell_all_done(self, stage: Literal["sound", "joining"]) -> None:
        self._tell(Progress(stage, self._timeline.frames, self._timeline.frames))


def _media_of(segments: list[Segment]) -> frozenset[str]:
    """The hashes of all media that these segments show."""
    spans = (span.media for segment in segments for span in segment.spans)
    films = (film.media for segment in segments for film in segment.films)
    logos = (segment.logo.media for segment in segments if segment.logo)
    return frozenset(media.sha256 for media in (*spans, *films, *logos))
