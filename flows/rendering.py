"""The render as the job sees it: a plan goes to the render pool, a video comes back."""

from __future__ import annotations

from flows.approvals import decide_subtitles
from flows.dispatch import run_child
from flows.job import Job, JobFiles
from flows.showing import LINK_S, show_video
from flows.stages import StageBoard
from flows.subtitles import keep_subtitles
from reels.errors import Rejected
from reels.film import OwnFilm, OwnPackage
from reels.plans import Rendered, RenderPlan
from reels.settings import FlowSettings


def rendered(
    job: JobFiles, board: StageBoard, plan: RenderPlan, settings: FlowSettings
) -> Rendered:
    """The video of this plan; a plan that was rendered for this job before costs nothing."""
    shards = settings.render_shards
    with board.telling() as tally:
        share = tally.part("frames")
        return run_child("render-video/default", plan, Rendered, job, share, shards=shards)


def packaged(
    job: Job, board: StageBoard, title: str, plan: RenderPlan, video: Rendered
) -> OwnPackage | None:
    """The video as HLS in the store, when that was asked for."""
    if not job.request.hls:
        return None
    own = OwnFilm(
        job_id=job.id,
        user_id=job.user,
        title=title,
        video=video.video,
        language=plan.language,
        cues=plan.cues,
        captioned=plan.captions != "none",
    )
    with board.telling() as tally:
        return run_child("package-video/default", own, OwnPackage, job, tally.part("package"))


def agreed_plan(
    job: Job, board: StageBoard, plan: RenderPlan, settings: FlowSettings
) -> RenderPlan:
    """Show the preview, ask, and return the plan with the approved cues.

    The preview is the real video: approved as it is, nothing is left to encode.

    Raises:
        Rejected: the person rejected the subtitles.
    """
    if not job.request.waits_at("subtitles"):
        return plan
    preview = job.adopt("preview.mp4", rendered(job, board, plan, settings).video)
    show_video(job, "preview", preview, "The video as it will be if you approve it unchanged.")
    board.enter("subtitles_review")
    link = job.store.link(preview.key, expires_s=LINK_S)
    decision = decide_subtitles(job, plan.cues, plan.duration_s, link, settings)
    if decision.action == "reject":
        raise Rejected(f"The subtitles were rejected. {decision.comment}".strip())
    if decision.cues is None or decision.cues == plan.cues:
        return plan
    edited = plan.model_copy(update={"cues": decision.cues})
    keep_subtitles(job, edited)
    return edited
