"""The service `video-service`: pictures and a voice become a finished video."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, get_args

from PIL import Image

from reels.captions import cues_from_words
from reels.errors import InvalidInput
from reels.models import FPS, ArtifactRef, CaptionStyle, Cue, Motion, Music, Transition, Word
from reels.music import music_maker
from reels.plans import PlannedLine, PlannedShot, RenderPlan
from reels.services.base import Bench, Order, Pool, TaskResult
from reels.services.frames import size_for
from reels.settings import FlowSettings
from reels.spans import shift
from reels.storyboard.sentences import weight
from reels.timeline import FIRST_EXTRA_S, LAST_EXTRA_S, LEAD_IN_S, TAIL_S
from reels.writers.parts import parts_of

_MOTIONS: tuple[Motion, ...] = ("zoom_in", "pan_right", "zoom_out", "pan_left")
#: A picture that nobody speaks over.
_SILENT_SHOT_S = 3.0
#: Shorter shots would be all transition.
_LEAST_FRAMES = FPS
_BED = "bed"


class VideoService:
    """Pictures change where the voice comes to their part of the text.

    `params` may name `resolution`, `captions`, `transition` and `music` as a video's are.
    """

    name = "video-service"
    version = "1"
    pool: Pool = "render"

    def work(self, order: Order, bench: Bench) -> TaskResult:
        """See `Service.work`; the artifact is an MP4."""
        pictures = [each for each in order.given("picture") if each.artifact]
        if not pictures:
            raise InvalidInput("slide_ids", f"{order.name} has no picture to show.")
        voices = [each for each in order.given("sound") if each.artifact]
        voice = voices[0] if voices else None
        frames = shot_frames(voice, len(pictures))
        size_px = _size(order, bench, pictures[0])
        plan = RenderPlan(
            size_px=size_px,
            language=(voice.language if voice else None) or FlowSettings().default_language,
            captions=_choice(order, "captions", get_args(CaptionStyle), "karaoke"),
            transition=_choice(order, "transition", get_args(Transition), "crossfade"),
            shots=tuple(
                PlannedShot(
                    picture=each.artifact, frames=count, motion=_MOTIONS[number % len(_MOTIONS)]
                )
                for number, (each, count) in enumerate(zip(pictures, frames, strict=True))
                if each.artifact
            ),
            lines=_lines(voice),
            music=_music(order, bench, sum(frames) / FPS),
            cues=_cues(order, voice, size_px, sum(frames) / FPS),
        )
        made = bench.render(plan)
        return TaskResult(
            kind="video", artifact=made.video, provider="render", duration_s=made.duration_s
        )


def shot_frames(voice: TaskResult | None, count: int) -> list[int]:
    """Frames of each of `count` shots: as long as the voice takes for its part of the text."""
    if voice is None or not voice.duration_s:
        return [round(_SILENT_SHOT_S * FPS)] * count
    lead_s, words = LEAD_IN_S + FIRST_EXTRA_S, voice.words or ()
    whole_s = lead_s + voice.duration_s + TAIL_S + LAST_EXTRA_S
    whole = max(round(whole_s * FPS), count * _LEAST_FRAMES)
    ends = [round((lead_s + at_s) * FPS) for at_s in _part_ends_s(voice, words, count)]
    return _at_least(ends, whole, count)


def _part_ends_s(voice: TaskResult, words: Sequence[Word], count: int) -> list[float]:
    """When each part of the text but the last is over: between two words."""
    assert voice.duration_s is not None
    parts = parts_of(voice.text, count)
    if len(parts) < count or len(words) < count:
        return [voice.duration_s * number / count for number in range(1, count)]
    said = list(accumulate(weight(part) for part in parts))
    shares = [each / said[-1] for each in said[:-1]]
    if len(words) == len(voice.text.split()):
        spoken = accumulate(len(part.split()) for part in parts[:-1])
        return [(words[n - 1].end_s + words[min(n, len(words) - 1)].start_s) / 2 for n in spoken]
    return [voice.duration_s * share for share in shares]


def _at_least(ends: Sequence[int], whole: int, count: int) -> list[int]:
    """Shots between `ends`, none shorter than may be, `whole` frames in all."""
    cuts = [0]
    for number, end in enumerate(ends, 1):
        latest = whole - (count - number) * _LEAST_FRAMES
        cuts.append(min(max(end, cuts[-1] + _LEAST_FRAMES), latest))
    cuts.append(whole)
    return [later - earlier for earlier, later in pairwise(cuts)]


def _lines(voice: TaskResult | None) -> tuple[PlannedLine, ...]:
    if voice is None or voice.artifact is None:
        return ()
    start_s = LEAD_IN_S + FIRST_EXTRA_S
    line = PlannedLine(audio=voice.artifact, start_s=start_s, duration_s=voice.duration_s or 0.0)
    return (line,)


def _cues(
    order: Order, voice: TaskResult | None, size_px: tuple[int, int], end_s: float
) -> tuple[Cue, ...]:
    style: CaptionStyle = _choice(order, "captions", get_args(CaptionStyle), "karaoke")
    if voice is None or not voice.words or style == "none":
        return ()
    words = shift(voice.words, LEAD_IN_S + FIRST_EXTRA_S)
    return cues_from_words(words, size_px=size_px, style=style, end_s=end_s)


def _music(order: Order, bench: Bench, duration_s: float) -> ArtifactRef | None:
    if _choice(order, "music", get_args(Music), "bed") == "none":
        return None
    seed = int(order.family[:8] or "0", 16)
    file = music_maker(_BED).compose(
        mood="", duration_s=duration_s, seed=seed, to=bench.folder / "music.wav"
    )
    return bench.keep(file)


def _size(order: Order, bench: Bench, first: TaskResult) -> tuple[int, int]:
    """As asked for, else as the first picture is."""
    if order.told("resolution") or first.artifact is None:
        return size_for(order)
    with Image.open(bench.fetch(first.artifact)) as picture:
        return picture.width // 2 * 2, picture.height // 2 * 2


def _choice(order: Order, name: str, choices: tuple[str, ...], usual: str) -> Any:
    told = order.told(name) or usual
    if told not in choices:
        raise InvalidInput(f"params.{name}", f"{told[:40]!r} is none of {', '.join(choices)}.")
    return told
