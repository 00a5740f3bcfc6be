"""The service `video-service`: pictures and a voice become a finished video."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, get_args

from reels.captions import cues_from_words
from reels.errors import InvalidInput, RenderError
from reels.models import FPS, ArtifactRef, CaptionStyle, Cue, Motion, Music, Transition
from reels.music import music_maker
from reels.plans import PlannedLine, PlannedShot, RenderPlan
from reels.services.base import Bench, Order, Pool, TaskResult
from reels.services.frames import LEAST_PX, MOST_PX, size_for
from reels.services.languages import settings_key
from reels.services.pacing import FIRST_WORD_S, shown_frames
from reels.settings import FlowSettings
from reels.spans import shift

_MOTIONS: tuple[Motion, ...] = ("zoom_in", "pan_right", "zoom_out", "pan_left")
_BED = "bed"
_TOO_SHORT: Final = "The voice is too short for {} of {} pictures."


class VideoService:
    """Pictures change where the voice comes to their part of the text.

    `params` may name `resolution`, `captions`, `transition` and `music` as a video's are.
    Pictures for which the voice leaves no time are left out, and the result says so.
    """

    name = "video-service"
    pool: Pool = "render"

    @property
    def version(self) -> str:
        bed = music_maker(_BED)
        return f"1+{bed.name}-{bed.version}+{settings_key()}"

    def work(self, order: Order, bench: Bench) -> TaskResult:
        """See `Service.work`; the artifact is an MP4."""
        if order.told("resolution"):
            size_for(order)
        pictures = [each.artifact for each in order.given("picture") if each.artifact]
        if not pictures:
            raise InvalidInput(
                "slide_ids",
                f"{order.name} has no picture to show.",
                remedy="Name tasks that make pictures, of which at least one succeeds.",
            )
        sizes = [_size_of(bench.fetch(each)) for each in pictures]
        voice = next((each for each in order.given("sound") if each.artifact), None)
        shown = shown_frames(voice, len(pictures))
        size_px = size_for(order) if order.told("resolution") else _even(sizes[0])
        plan = _plan(order, bench, voice, [(pictures[n], count) for n, count in shown], size_px)
        made = bench.render(plan)
        left_out = len(pictures) - len(shown)
        return TaskResult(
            kind="video",
            artifact=made.video,
            provider="render",
            language=plan.language,
            duration_s=made.duration_s,
            degraded=_TOO_SHORT.format(left_out, len(pictures)) if left_out else "",
        )


def _plan(
    order: Order,
    bench: Bench,
    voice: TaskResult | None,
    shown: list[tuple[ArtifactRef, int]],
    size_px: tuple[int, int],
) -> RenderPlan:
    duration_s = sum(frames for _, frames in shown) / FPS
    return RenderPlan(
        size_px=size_px,
        language=(voice.language if voice else None) or FlowSettings().default_language,
        captions=_choice(order, "captions", get_args(CaptionStyle), "karaoke"),
        transition=_choice(order, "transition", get_args(Transition), "crossfade"),
        shots=tuple(
            PlannedShot(picture=picture, frames=frames, motion=_MOTIONS[number % len(_MOTIONS)])
            for number, (picture, frames) in enumerate(shown)
        ),
        lines=_lines(voice),
        music=_music(order, bench, duration_s),
        cues=_cues(order, voice, size_px, duration_s),
    )


def _lines(voice: TaskResult | None) -> tuple[PlannedLine, ...]:
    if voice is None or voice.artifact is None:
        return ()
    lasts_s = voice.duration_s or 0.0
    return (PlannedLine(audio=voice.artifact, start_s=FIRST_WORD_S, duration_s=lasts_s),)


def _cues(
    order: Order, voice: TaskResult | None, size_px: tuple[int, int], end_s: float
) -> tuple[Cue, ...]:
    style: CaptionStyle = _choice(order, "captions", get_args(CaptionStyle), "karaoke")
    if voice is None or not voice.words or style == "none":
        return ()
    words = shift(voice.words, FIRST_WORD_S)
    return cues_from_words(words, size_px=size_px, style=style, end_s=end_s)


def _music(order: Order, bench: Bench, duration_s: float) -> ArtifactRef | None:
    if _choice(order, "music", get_args(Music), "bed") == "none":
        return None
    seed = int(order.family[:8] or "0", 16)
    file = music_maker(_BED).compose(
        mood="", duration_s=duration_s, seed=seed, to=bench.folder / "music.wav"
    )
    return bench.keep(file)


def _size_of(file: Path) -> tuple[int, int]:
    """Width and height of a picture, which is read to its end.

    Raises:
        InvalidInput: it is none, or cannot be used.
    """
    # OpenCV is loaded where pictures are read, not where services are listed.
    from reels.pictures import decode

    try:
        height, width = decode(file).shape[:2]
    except RenderError as error:
        said = error.message.replace(file.name, "of a slide")
        raise InvalidInput("slide_ids", said, remedy=error.remedy) from error
    return width, height


def _even(size_px: tuple[int, int]) -> tuple[int, int]:
    """The size of a video of pictures of that size: within bounds, with even sides."""
    scale = min(1.0, MOST_PX / max(size_px))
    scale = max(scale, LEAST_PX / min(size_px))
    width, height = (min(MOST_PX, round(side * scale)) // 2 * 2 for side in size_px)
    return width, height


def _choice(order: Order, name: str, choices: tuple[str, ...], usual: str) -> Any:
    told = order.told(name) or usual
    if told not in choices:
        raise InvalidInput(f"params.{name}", f"{told[:40]!r} is none of {', '.join(choices)}.")
    return told
