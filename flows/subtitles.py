"""Cues from the spoken words, their files, and the plan that the renderer gets."""

from __future__ import annotations

from itertools import accumulate

from flows.assets import Assets
from flows.audio import SpokenLine
from flows.job import Job
from flows.shots import planned_shots
from reels.captions import cues_from_words, to_srt, to_vtt
from reels.models import FPS, Cue, Model, Storyboard
from reels.plans import PlannedLine, RenderPlan
from reels.spans import shift
from reels.timeline import LEAD_IN_S, TAIL_S, TitleCard, all_shot_frames, place_lines


class Subtitles(Model):
    """What lies in `subtitles.json`: the cues and the length that they must fit."""

    version: int = 1
    duration_s: float
    cues: tuple[Cue, ...]


def planned(
    job: Job, storyboard: Storyboard, assets: Assets, lines: list[SpokenLine]
) -> RenderPlan:
    """The job's plan, made once: what a person has seen is what they decide on."""
    kept = job.load("plan.json", RenderPlan)
    if kept is not None and job.holds(kept):
        return kept
    plan = _lay_out(job, storyboard, assets, lines)
    job.save("plan.json", plan)
    return plan


def _lay_out(
    job: Job, storyboard: Storyboard, assets: Assets, lines: list[SpokenLine]
) -> RenderPlan:
    """Lay the scenes, the lines and the cues on the video's clock."""
    durations = [
        max(line.speech.duration_s, scene.hold_s - LEAD_IN_S - TAIL_S)
        for line, scene in zip(lines, storyboard.scenes, strict=True)
    ]
    starts = place_lines(durations)
    frames = all_shot_frames(durations)
    return RenderPlan(
        size_px=job.request.size_px,
        fps=FPS,
        language=storyboard.language,
        captions=job.request.captions,
        caption_look=job.request.caption_look,
        transition=job.request.transition,
        overlay=job.request.overlay,
        effects=assets.effects.name,
        effect_sound=assets.effects.sound,
        title_card=TitleCard(title=storyboard.title) if job.request.title_card else None,
        shots=planned_shots(job, storyboard, assets, lines, frames),
        lines=tuple(
            PlannedLine(audio=line.speech.audio, start_s=start, duration_s=line.speech.duration_s)
            for line, start in zip(lines, starts, strict=True)
        ),
        music=assets.music,
        cues=_cues(job, lines, starts, frames),
    )


def keep_subtitles(job: Job, plan: RenderPlan) -> None:
    """Store the cues as SRT, WebVTT and JSON."""
    job.save("subtitles.srt", to_srt(plan.cues))
    job.save("subtitles.vtt", to_vtt(plan.cues))
    job.save("subtitles.json", Subtitles(duration_s=plan.duration_s, cues=plan.cues))


def _cues(
    job: Job, lines: list[SpokenLine], starts: tuple[float, ...], frames: tuple[int, ...]
) -> tuple[Cue, ...]:
    """Each line has its own cues, which end with its scene at the latest."""
    cues: list[Cue] = []
    for line, start, ends in zip(lines, starts, accumulate(frames), strict=True):
        words = shift(line.words, start)
        cues += cues_from_words(
            words,
            size_px=job.request.size_px,
            look=job.request.caption_look,
            style=job.request.captions,
            end_s=ends / FPS,
        )
    return tuple(cues)
