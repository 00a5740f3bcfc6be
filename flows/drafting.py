"""From the request to a storyboard that a person agrees with."""

from __future__ import annotations

from itertools import count

from flows.approvals import decide_draft
from flows.falling import made_by_first_able
from flows.job import Job
from flows.library import background_folder
from flows.showing import show_storyboard
from flows.stages import StageBoard
from flows.tasks import draft_storyboard
from reels.chains import Fallback, links
from reels.errors import Rejected
from reels.models import Model, Storyboard, VideoRequest
from reels.settings import FlowSettings
from reels.storyboard import storyboarder
from reels.storyboard.base import Brief, Revision
from reels.storyboard.figures import KINDS as FIGURES
from reels.storyboard.markdown import without_marks
from reels.storyboard.shown import shown_as_asked


class Draft(Model):
    """A storyboard and who made it: a provider's name, or `user`."""

    storyboard: Storyboard
    provider: str
    fallbacks: tuple[Fallback, ...] = ()


def agreed_draft(job: Job, board: StageBoard, settings: FlowSettings) -> Draft:
    """Draft, ask, and draft again with the person's comment until they approve.

    Raises:
        Rejected: the person rejected the draft.
    """
    revision: Revision | None = None
    for number in count(1):
        board.enter("drafting")
        draft = _draft(job, number, revision, settings)
        _keep(job, draft.storyboard)
        if not job.request.waits_at("draft"):
            return draft
        board.enter("draft_review")
        decision = decide_draft(job, number, draft.storyboard, settings)
        if decision.action == "reject":
            raise Rejected(f"The draft was rejected. {decision.comment}".strip())
        if decision.action == "approve":
            return _approved(job, draft, decision.storyboard)
        revision = Revision(storyboard=draft.storyboard, comment=decision.comment)
    raise AssertionError("count() does not end")


def _draft(job: Job, number: int, revision: Revision | None, settings: FlowSettings) -> Draft:
    """The job's draft of this number, made once: what was decided on it holds for no other."""
    name = f"drafts/draft-{number}.json"
    draft = job.load(name, Draft)
    if draft is None:
        draft = _new_draft(job, revision, settings)
        job.save(name, draft)
    return draft


def _new_draft(job: Job, revision: Revision | None, settings: FlowSettings) -> Draft:
    if job.request.storyboard is not None and revision is None:
        given = without_marks(job.request.storyboard)
        return Draft(storyboard=_shown(job, given, settings, by_user=True), provider="user")
    brief = _brief(job.request, settings)

    def make(name: str) -> Storyboard:
        maker = storyboarder(name)
        return draft_storyboard(
            brief=brief,
            revision=revision,
            provider=maker.name,
            provider_version=maker.version,
            payer=job.payer,
        )

    names = links(settings.storyboard_provider)
    storyboard, choice = made_by_first_able("storyboard", names, make)
    return Draft(
        storyboard=_shown(job, storyboard, settings, by_user=False),
        provider=choice.provider,
        fallbacks=choice.fallbacks,
    )


def _shown(
    job: Job, storyboard: Storyboard, settings: FlowSettings, *, by_user: bool
) -> Storyboard:
    """After the cached draft, which is the same for whatever folder."""
    folder = background_folder(job, settings)
    return shown_as_asked(storyboard, folder, job.request.visuals, by_user=by_user)


def _brief(request: VideoRequest, settings: FlowSettings) -> Brief:
    given = request.storyboard
    text = " ".join(scene.narration for scene in given.scenes) if given else request.text
    generated = settings.text2img_provider
    usual = ("slide", *FIGURES, generated) if generated else ("slide", *FIGURES)
    return Brief(
        idea=request.idea,
        text=text,
        language=request.language,
        style=request.style,
        tone=request.tone,
        duration_s=request.duration_s,
        aspect=request.aspect,
        visuals=request.visuals or usual,
    )


def _approved(job: Job, draft: Draft, edited: Storyboard | None) -> Draft:
    if edited is None or edited == draft.storyboard:
        return draft
    edited = without_marks(edited)
    _keep(job, edited)
    return Draft(storyboard=edited, provider="user", fallbacks=draft.fallbacks)


def _keep(job: Job, storyboard: Storyboard) -> None:
    job.save("storyboard.json", storyboard)
    show_storyboard(job, storyboard)
