"""A slideshow on the video's clock: which picture when, how it moves, what is written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from flows.downloads import Parts
from flows.listening import SoundFacts
from flows.slideshow_job import SlideshowJob
from flows.subtitles import Subtitles
from reels.captions import cues_from_words, to_srt, to_vtt
from reels.models import FPS, CaptionStyle, Cue
from reels.plans import PlannedShot, RenderPlan
from reels.slideshow import Layout, lay_out
from reels.transcripts import Transcript

#: How texts of pictures look: nobody speaks them, so no word of theirs is stressed.
TEXT_STYLE: CaptionStyle = "plain"
#: A word that starts so shortly before the video ends is not read.
_LAST_WORD_S = 0.2


def planned(
    job: SlideshowJob, parts: Parts, facts: SoundFacts, transcript: Transcript | None
) -> tuple[RenderPlan, Layout]:
    """The plan for the renderer, and how the pictures are shared out.

    Raises:
        InvalidInput: naming `audio_url` or `length`; see `reels.slideshow.lay_out`.
    """
    asked = job.request
    layout = lay_out(asked, facts.duration_s, facts.beats_s, facts.loop_s)
    shots = tuple(
        PlannedShot(
            picture=parts.pictures[picture].picture,
            frames=frames,
            motion=asked.motion_of(turn),
            fit=asked.fit_of(parts.pictures[picture].shape_px),
        )
        for turn, (picture, frames) in enumerate(
            zip(asked.turns(job.id), layout.frames, strict=True)
        )
    )
    plan = RenderPlan(
        size_px=asked.size_px,
        fps=FPS,
        language=transcript.language if transcript else asked.language or "en",
        captions=TEXT_STYLE if any(asked.texts) else asked.captions,
        caption_look=asked.caption_look,
        transition=asked.transition,
        overlay=asked.overlay,
        shots=shots,
        music=parts.sound,
        music_fades_s=(asked.fade_in_s, asked.fade_out_s),
        cues=_cues_heard(job, transcript, layout) if transcript else tuple(_texts(job, layout)),
    )
    if transcript:
        _keep_subtitles(job, plan)
    job.save("plan.json", plan)
    return plan, layout


def starts_s(layout: Layout) -> tuple[float, ...]:
    """When each turn starts."""
    return tuple(end / FPS for end in [0, *accumulate(layout.frames)][:-1])


def _cues_heard(job: SlideshowJob, transcript: Transcript, layout: Layout) -> tuple[Cue, ...]:
    """The words of the sound's first turn that fall into the video."""
    ends_s = sum(layout.frames) / FPS
    return cues_from_words(
        [word for word in transcript.words if word.start_s < ends_s - _LAST_WORD_S],
        size_px=job.request.size_px,
        look=job.request.caption_look,
        style=job.request.captions,
        end_s=ends_s,
    )


def _texts(job: SlideshowJob, layout: Layout) -> Iterator[Cue]:
    for picture, start_s, frames in zip(
        job.request.turns(job.id), starts_s(layout), layout.frames, strict=True
    ):
        text = job.request.text_of(picture)
        if text:
            yield Cue(start_s=start_s, end_s=start_s + frames / FPS, text=text)


def _keep_subtitles(job: SlideshowJob, plan: RenderPlan) -> None:
    job.save("subtitles.srt", to_srt(plan.cues))
    job.save("subtitles.vtt", to_vtt(plan.cues))
    job.save("subtitles.json", Subtitles(duration_s=plan.duration_s, cues=plan.cues))
