"""A video's music: by the first of the makers that can, or none. Never the end of a job."""

from __future__ import annotations

import math
from dataclasses import dataclass

from prefect.futures import PrefectFuture

from flows.falling import Choice, chosen, gone_without, made_by_first_able, settle
from flows.job import Job
from flows.tasks import compose_music
from reels.chains import FALLING, Fallback, links
from reels.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ContentBlocked,
    StoreError,
    Unavailable,
)
from reels.models import ArtifactRef, Storyboard
from reels.music import music_maker
from reels.settings import FlowSettings

#: Music is made in these lengths, so that jobs share it; the mix trims or loops it.
MUSIC_STEP_S = 30
MUSIC_LONGEST_S = 120
WORDS_PER_S = 2.3
#: How many pieces of one mood and length there are.
MUSIC_SEEDS = 8

#: These say nothing of a picture or a piece of music; a person mends them and retries the job.
FATAL = (StoreError, Unavailable, AuthenticationFailed, BudgetExceeded)
#: Another maker may take a mood that one refuses.
MUSIC_FALLING = (*FALLING, ContentBlocked)


@dataclass(frozen=True)
class PendingMusic:
    """What the first maker has been asked for, and who is next."""

    names: tuple[str, ...]
    first: PrefectFuture[ArtifactRef]
    settled: Choice | None


@dataclass(frozen=True)
class Music:
    """`ref` is None when none was asked for or none was had; `degraded` says why."""

    ref: ArtifactRef | None = None
    provider: str = "none"
    fallbacks: tuple[Fallback, ...] = ()
    degraded: str | None = None


def start_music(job: Job, storyboard: Storyboard, settings: FlowSettings) -> PendingMusic | None:
    """Ask the first maker, or the one that this job has settled on."""
    if job.request.music == "none":
        return None
    settled = chosen(job, "music")
    names = (settled.provider,) if settled else links(settings.backing_track)
    if not names[0]:
        return None
    return PendingMusic(names, _submit(job, storyboard, names[0]), settled)


def finish_music(job: Job, storyboard: Storyboard, pending: PendingMusic | None) -> Music:
    """Wait for the first maker; ask the next when it cannot."""
    if pending is None:
        return _none_again(job)

    def make(name: str) -> ArtifactRef:
        asked = pending.first if name == pending.names[0] else _submit(job, storyboard, name)
        return asked.result()

    try:
        ref, choice = made_by_first_able("music", pending.names, make, MUSIC_FALLING)
    except FATAL:
        raise
    except Exception as error:
        return Music(degraded=gone_without(job, "music", "music", pending.names, error))
    choice = pending.settled or choice
    settle(job, "music", choice)
    job.adopt("music.mp3", ref)
    return Music(ref=ref, provider=choice.provider, fallbacks=choice.fallbacks)


def _submit(job: Job, storyboard: Storyboard, name: str) -> PrefectFuture[ArtifactRef]:
    maker = music_maker(name)
    words = sum(len(scene.narration.split()) for scene in storyboard.scenes)
    steps = math.ceil((words / WORDS_PER_S) * 1.2 / MUSIC_STEP_S)
    return compose_music.submit(
        mood=job.request.tone or "calm",
        duration_s=float(min(MUSIC_LONGEST_S, steps * MUSIC_STEP_S)),
        seed=sum(storyboard.title.encode()) % MUSIC_SEEDS,
        provider=maker.name,
        provider_version=maker.version,
        payer=job.payer,
    )


def _none_again(job: Job) -> Music:
    """None was asked for, or this job has gone on without before."""
    settled = chosen(job, "music") if job.request.music != "none" else None
    if settled is None:
        return Music()
    return Music(degraded=f"no music: {settled.fallbacks[-1].reason}")
