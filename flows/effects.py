"""A video's sound effect: by the first of the makers that can, or none. Never a job's end."""

from __future__ import annotations

from dataclasses import dataclass

from prefect.futures import PrefectFuture

from flows.falling import Choice, chosen, gone_without, made_by_first_able, settle
from flows.job import Job
from flows.music import FATAL, MUSIC_FALLING
from flows.tasks import record_effect
from reels.chains import Fallback, links
from reels.effects.makers import SHIPPED, effect_maker
from reels.models import ArtifactRef, Effect
from reels.settings import FlowSettings


@dataclass(frozen=True)
class PendingEffects:
    """What the first maker has been asked for, if it has to be, and who is next."""

    names: tuple[str, ...]
    first: PrefectFuture[ArtifactRef] | None
    settled: Choice | None


@dataclass(frozen=True)
class Effects:
    """What is heard where scenes start: the recording `sound`, or the shipped `name`.

    `name` is `none` when none was asked for or none was had; `degraded` says why.
    """

    name: Effect = "none"
    sound: ArtifactRef | None = None
    provider: str = "none"
    fallbacks: tuple[Fallback, ...] = ()
    degraded: str | None = None


def start_effects(job: Job, settings: FlowSettings) -> PendingEffects | None:
    """Ask the first maker, or the one that this job has settled on.

    Raises:
        InvalidInput: naming `effects_provider`.
    """
    if job.request.effects == "none":
        return None
    settled = chosen(job, "effect")
    names = (settled.provider,) if settled else links(settings.effects_provider)
    if not names[0]:
        return PendingEffects((), None, settled)
    for name in names:
        if name != SHIPPED:
            effect_maker(name)
    return PendingEffects(names, _asked(job, names[0]), settled)


def finish_effects(job: Job, pending: PendingEffects | None) -> Effects:
    """Wait for the first maker; ask the next when it cannot.

    Raises:
        AuthenticationFailed, BudgetExceeded, StoreError, Unavailable: say nothing of the sound.
    """
    if pending is None:
        return Effects()
    if not pending.names:
        assert pending.settled is not None
        return Effects(degraded=f"no sound effects: {pending.settled.fallbacks[-1].reason}")

    def make(name: str) -> ArtifactRef | None:
        asked = pending.first if name == pending.names[0] else _asked(job, name)
        return asked.result() if asked else None

    try:
        sound, choice = made_by_first_able("effect", pending.names, make, MUSIC_FALLING)
    except FATAL:
        raise
    except Exception as error:
        return Effects(degraded=gone_without(job, "effect", "sound effects", pending.names, error))
    choice = pending.settled or choice
    settle(job, "effect", choice)
    if sound is not None:
        job.adopt("effect.wav", sound)
    return Effects(job.request.effects, sound, choice.provider, choice.fallbacks)


def _asked(job: Job, name: str) -> PrefectFuture[ArtifactRef] | None:
    """The shipped effects are drawn where the sound is mixed."""
    if name == SHIPPED:
        return None
    maker = effect_maker(name)
    return record_effect.submit(
        effect=job.request.effects,
        provider=maker.name,
        provider_version=maker.version,
        payer=job.payer,
    )
