"""The flow of slideshows: pictures and a sound from the web become a finished video."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from prefect import flow
from prefect.client.schemas.objects import State

from flows.dispatch import stop_children
from flows.downloads import gathered
from flows.ending import ended
from flows.listening import heard, listen
from flows.observing import observed
from flows.rendering import rendered
from flows.runners import threads
from flows.slideshow_job import SlideshowJob, open_slideshow
from flows.slideshow_plan import planned
from flows.slideshow_publishing import adopt_parts, publish_slideshow
from flows.stages import StageBoard
from reels.models import (
    ArtifactRef,
    Aspect,
    CaptionLook,
    CaptionStyle,
    Fit,
    Motion,
    Overlay,
    Transition,
)
from reels.settings import FlowSettings


@flow(
    name="make-slideshow",
    task_runner=threads(8),
    on_cancellation=[stop_children],
)
@observed
def make_slideshow(
    image_urls: list[str],
    audio_url: str,
    aspect: Aspect = "9:16",
    order: Literal["given", "shuffled"] = "given",
    transition: Transition = "crossfade",
    motion: Literal["zoom"] | Motion = "zoom",
    fit: Literal["auto"] | Fit = "auto",
    overlay: Overlay = "dust",
    captions: CaptionStyle = "none",
    caption_look: CaptionLook | None = None,
    language: str | None = None,
    texts: list[str] | None = None,
    beats: bool = False,
    length: Literal["sound"] | float = "sound",
    fade_in_s: float | None = None,
    fade_out_s: float | None = None,
    webhook_url: str | None = None,
    user_id: str = "ops",
) -> ArtifactRef | State[Any]:
    """Show 1 to 20 pictures while a sound plays; what the rest means, `SlideshowRequest` says.

    Nobody is asked. Ends as Completed with a reference to the manifest, or as Failed with
    the cause and what to do; of an address that cannot be used, with that address.
    """
    asked = {
        "image_urls": image_urls,
        "audio_url": audio_url,
        "aspect": aspect,
        "order": order,
        "transition": transition,
        "motion": motion,
        "fit": fit,
        "overlay": overlay,
        "captions": captions,
        "caption_look": caption_look,
        "language": language,
        "texts": texts,
        "beats": beats,
        "length": length,
        "fade_in_s": fade_in_s,
        "fade_out_s": fade_out_s,
        "webhook_url": webhook_url,
    }
    try:
        return produce(open_slideshow(user_id, asked), FlowSettings())
    except Exception as error:
        return ended(error)


def produce(job: SlideshowJob, settings: FlowSettings) -> ArtifactRef:
    """Every stage of a slideshow, in order. Returns the manifest's reference."""
    board = StageBoard(UUID(job.id))

    board.enter("assets")
    with board.telling() as tally:
        parts = gathered(job, tally)
    adopt_parts(job, parts)

    board.enter("audio")
    facts = listen(audio=parts.sound, with_beats=job.request.beats)
    with board.telling() as tally:
        transcript = heard(job, parts.sound, tally.part("words"))

    board.enter("subtitles")
    plan, layout = planned(job, parts, facts, transcript)

    board.enter("rendering")
    video = rendered(job, board, plan, settings)
    return publish_slideshow(job, board, facts, plan, layout, video)
