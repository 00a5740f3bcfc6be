"""The main flow: an idea, a text or a storyboard becomes an approved, finished video."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.schemas.objects import State

from flows.assets import finish_assets, start_assets
from flows.audio import finish_lines, start_lines
from flows.dispatch import stop_children
from flows.drafting import agreed_draft
from flows.ending import ended
from flows.job import Job, open_job
from flows.observing import observed
from flows.publishing import publish
from flows.rendering import agreed_plan, packaged, rendered
from flows.runners import threads
from flows.stages import StageBoard
from flows.subtitles import keep_subtitles, planned
from flows.telling import follow
from reels.models import (
    ArtifactRef,
    Aspect,
    CaptionLook,
    CaptionStyle,
    Effect,
    Fit,
    Gate,
    Music,
    Overlay,
    Storyboard,
    Transition,
    WordSource,
)
from reels.settings import FlowSettings


@flow(
    name="make-video",
    task_runner=threads(8),
    on_cancellation=[stop_children],
)
@observed
def make_video(
    idea: str | None = None,
    text: str | None = None,
    storyboard: Storyboard | None = None,
    language: str | None = None,
    style: str | None = None,
    tone: str | None = None,
    duration_s: int | None = None,
    aspect: Aspect = "9:16",
    voice: str = "",
    music: Music = "bed",
    captions: CaptionStyle = "karaoke",
    caption_look: CaptionLook | None = None,
    transition: Transition = "crossfade",
    fit: Fit = "cover",
    overlay: Overlay = "none",
    effects: Effect = "none",
    title_card: bool = False,
    builds: bool = True,
    words: WordSource = "voice",
    auto_approve: bool | list[Gate] = False,
    hls: bool = False,
    budget_usd: float | None = None,
    background_folder: str = "",
    visuals: list[str] | None = None,
    webhook_url: str | None = None,
    user_id: str = "ops",
) -> ArtifactRef | State[Any]:
    """Give exactly one of `idea`, `text` and `storyboard`; the rest says how.

    `background_folder` is a folder of the user's media, or of everyone's, that the scenes show;
    `visuals` the kinds that a storyboarder may choose from. With `builds`, bullets, code and
    diagrams appear in step with the words that name them.
    With `hls` the finished video is packaged for players, too.
    `webhook_url` is where each change of the job is posted.
    `budget_usd` is the most that calls to paid services may cost, retries of the job included.
    Ends as Completed with a reference to the manifest, as Cancelled when a person
    rejected it or nobody decided, or as Failed with the cause and what to do.
    """
    settings = FlowSettings()
    asked = {
        "idea": idea,
        "text": text,
        "storyboard": storyboard,
        "language": language,
        "style": style,
        "tone": tone,
        "duration_s": duration_s,
        "aspect": aspect,
        "voice": voice,
        "music": music,
        "captions": captions,
        "caption_look": caption_look,
        "transition": transition,
        "fit": fit,
        "overlay": overlay,
        "effects": effects,
        "title_card": title_card,
        "builds": builds,
        "words": words,
        "auto_approve": auto_approve,
        "hls": hls,
        "budget_usd": budget_usd,
        "background_folder": background_folder,
        "visuals": visuals,
        "webhook_url": webhook_url,
    }
    try:
        return produce(open_job(user_id, asked, settings), settings)
    except Exception as error:
        return ended(error)


def produce(job: Job, settings: FlowSettings) -> ArtifactRef:
    """Every stage of a video, in order. Returns the manifest's reference."""
    board = StageBoard(UUID(job.id))

    draft = agreed_draft(job, board, settings)

    board.enter("assets")
    pending_assets = start_assets(job, draft.storyboard, settings)
    pending_lines = start_lines(job, draft.storyboard, settings)
    with board.telling() as tally:
        follow(tally, pending_assets.futures)
        assets = finish_assets(job, draft.storyboard, pending_assets)

    board.enter("audio")
    with board.telling() as tally:
        spoken = finish_lines(job, draft.storyboard, pending_lines, settings, tally)

    board.enter("subtitles")
    plan = planned(job, draft.storyboard, assets, spoken.lines)
    keep_subtitles(job, plan)
    approved = agreed_plan(job, board, plan, settings)

    board.enter("rendering")
    video = rendered(job, board, approved, settings)
    packaged(job, board, draft.storyboard.title, approved, video)
    return publish(job, board, draft, assets, spoken, approved, video)
