"""Every scene's picture, the music and the sound effect: in parallel, and never a job's end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prefect.futures import PrefectFuture

from flows.effects import Effects, PendingEffects, finish_effects, start_effects
from flows.job import Job
from flows.music import Music, PendingMusic, finish_music, start_music
from flows.visuals import PendingVisuals, finish_visuals, start_visuals
from reels.chains import Fallback
from reels.models import ArtifactRef, Storyboard, VisualRef
from reels.settings import FlowSettings


@dataclass(frozen=True)
class PendingAssets:
    """What has been started and is waited for later; what was settled before is there."""

    visuals: PendingVisuals
    music: PendingMusic | None
    effects: PendingEffects | None

    @property
    def futures(self) -> list[PrefectFuture[Any]]:
        """All that is being made."""
        heard = (pending.first for pending in (self.music, self.effects) if pending)
        return [*self.visuals.futures, *(future for future in heard if future)]


@dataclass(frozen=True)
class Assets:
    """`visuals` has one entry per scene."""

    visuals: list[VisualRef]
    sound: Music
    effects: Effects
    visual_fallbacks: tuple[Fallback, ...] = ()

    @property
    def music(self) -> ArtifactRef | None:
        """None when none was asked for or had."""
        return self.sound.ref

    @property
    def fallbacks(self) -> tuple[Fallback, ...]:
        return (*self.visual_fallbacks, *self.sound.fallbacks, *self.effects.fallbacks)

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not heard, and why."""
        return tuple(each.degraded for each in (self.sound, self.effects) if each.degraded)


def start_assets(job: Job, storyboard: Storyboard, settings: FlowSettings) -> PendingAssets:
    """Start everything that is seen, the music and the sound effect.

    Raises:
        AuthenticationFailed, BudgetExceeded, StoreError, Unavailable: see `finish_assets`.
    """
    music = start_music(job, storyboard, settings)
    effects = start_effects(job, settings)
    visuals = start_visuals(job, storyboard, settings)
    return PendingAssets(visuals=visuals, music=music, effects=effects)


def finish_assets(job: Job, storyboard: Storyboard, pending: PendingAssets) -> Assets:
    """Wait for all. A picture that failed for good is replaced by one that says why.

    Raises:
        AuthenticationFailed, BudgetExceeded, StoreError, Unavailable: say nothing of the
            picture; the job fails and can be retried.
    """
    visuals = finish_visuals(job, storyboard, pending.visuals)
    music = finish_music(job, storyboard, pending.music)
    effects = finish_effects(job, pending.effects)
    return Assets(visuals, music, effects, visual_fallbacks=pending.visuals.fallbacks)
