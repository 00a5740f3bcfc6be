"""Every scene's picture, and the music: in parallel, and never the end of a job."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Assets:
    """`visuals` has one entry per scene."""

    visuals: list[VisualRef]
    sound: Music
    visual_fallbacks: tuple[Fallback, ...] = ()

    @property
    def music(self) -> ArtifactRef | None:
        """None when none was asked for or had."""
        return self.sound.ref

    @property
    def fallbacks(self) -> tuple[Fallback, ...]:
        return (*self.visual_fallbacks, *self.sound.fallbacks)


def start_assets(job: Job, storyboard: Storyboard, settings: FlowSettings) -> PendingAssets:
    """Start everything that is seen, and the music.

    Raises:
        AuthenticationFailed, BudgetExceeded, StoreError, Unavailable: see `finish_assets`.
    """
    music = start_music(job, storyboard, settings)
    return PendingAssets(visuals=start_visuals(job, storyboard, settings), music=music)


def finish_assets(job: Job, storyboard: Storyboard, pending: PendingAssets) -> Assets:
    """Wait for all. A picture that failed for good is replaced by one that says why.

    Raises:
        AuthenticationFailed, BudgetExceeded, StoreError, Unavailable: say nothing of the
            picture; the job fails and can be retried.
    """
    visuals = finish_visuals(job, storyboard, pending.visuals)
    music = finish_music(job, storyboard, pending.music)
    return Assets(visuals=visuals, sound=music, visual_fallbacks=pending.visuals.fallbacks)
