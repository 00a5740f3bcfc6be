"""The two approvals: their forms, what a person is shown, and what holds for an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Self, TypeVar, cast
from uuid import UUID

from prefect.input import RunInput
from prefect.input.actions import read_flow_run_input
from prefect.input.run_input import Keyset
from pydantic import Field, PrivateAttr, ValidationError

from flows.job import Job
from flows.markup import inline
from flows.waiting import ask
from reels.checks import check_draft, check_subtitles
from reels.decisions import DraftDecision, SubtitlesDecision
from reels.documents import answered
from reels.errors import InvalidInput
from reels.models import Cue, Model, Storyboard
from reels.settings import FlowSettings

D = TypeVar("D", bound=Model)


class Approval(RunInput):
    """A form whose answer is taken as it came.

    Prefect has checked it against the form's JSON schema. What no schema can say, such as
    an end before a start, is checked by `_decide`, which can ask again; checked here it
    would fail the run, and each time that the run is entered again.
    """

    #: As it came, for what an older release's form had and this one's has not.
    _given: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def given(self) -> dict[str, Any]:
        return self._given

    @classmethod
    def load(cls, keyset: Keyset, flow_run_id: UUID | None = None) -> Self:
        """The answer's values, not validated."""
        given = cast(dict[str, Any] | None, read_flow_run_input(keyset["response"], flow_run_id))
        made = cast(Self, cls.model_construct(**given or {}))
        made._given = given or {}
        return made


class DraftApproval(Approval):
    """Approve the draft, with an edited storyboard if you like, or send it back."""

    action: Literal["approve", "revise", "reject"] = Field(
        description="approve, revise (say in the comment what to change) or reject"
    )
    comment: str = Field(
        default="", max_length=2_000, description="what to change, or why it is rejected"
    )
    storyboard: Storyboard | None = Field(
        default=None, description="only to approve another storyboard than the one shown"
    )


class SubtitlesApproval(Approval):
    """Approve the subtitles, with edited cues if you like, or reject the video."""

    action: Literal["approve", "reject"] = Field(description="approve or reject")
    comment: str = Field(default="", max_length=2_000, description="why it is rejected")
    cues: list[Cue] | None = Field(
        default=None,
        min_length=1,
        max_length=2_000,
        description="only to replace the cues shown: all of them, in order, not overlapping",
    )


def decide_draft(
    job: Job, number: int, storyboard: Storyboard, settings: FlowSettings
) -> DraftDecision:
    """What a person decides on the draft `number`; asked once, however often we restart."""

    def check(decision: DraftDecision) -> DraftDecision:
        return check_draft(decision, storyboard.language, job.request.voice, settings)

    shown = show_draft(storyboard)
    return _decide(job, f"draft-{number}", DraftApproval, DraftDecision, check, shown, settings)


def decide_subtitles(
    job: Job, cues: tuple[Cue, ...], duration_s: float, preview_link: str, settings: FlowSettings
) -> SubtitlesDecision:
    """What a person decides on the subtitles."""

    def check(decision: SubtitlesDecision) -> SubtitlesDecision:
        check_subtitles(decision, duration_s)
        return decision

    shown = show_cues(cues, duration_s, preview_link)
    return _decide(job, "subtitles-1", SubtitlesApproval, SubtitlesDecision, check, shown, settings)


def _decide(
    job: Job,
    name: str,
    form: type[Approval],
    kind: type[D],
    check: Callable[[D], D],
    description: str,
    settings: FlowSettings,
) -> D:
    """The stored decision, or the first valid answer, stored the moment it is known.

    Prefect checks an answer against the form's schema. What no schema can say is checked
    here; an answer that breaks it is shown with the reason, and the person is asked again.
    """
    stored = job.load(f"approvals/{name}.json", kind)
    attempt, problem = 0, ""
    while stored is None:
        attempt += 1
        shown = form.with_initial_data(description=problem + description)
        answer = ask(shown, f"{name}-{attempt}", settings)
        try:
            decision = check(answered(kind, answer.given))
        except (InvalidInput, ValidationError) as error:
            problem = f"> **Your last answer could not be used.** {plainly(error)}\n\n"
            continue
        job.save(f"approvals/{name}.json", decision)
        stored = decision
    return stored


def plainly(error: InvalidInput | ValidationError) -> str:
    """The reasons in one line a person can read."""
    if isinstance(error, InvalidInput):
        return f"{error.field}: {error}"
    return "; ".join(
        f"{'.'.join(map(str, each['loc'])) or 'answer'}: {each['msg']}" for each in error.errors()
    )


def show_draft(storyboard: Storyboard) -> str:
    """The storyboard as a Markdown list: what is spoken, and below it what is shown."""
    scenes = "\n".join(
        f"{number}. {inline(scene.narration)}  \n   *{scene.visual.kind}, {scene.motion}: "
        f"{inline(scene.on_screen_text) or 'no text of its own'}*"
        for number, scene in enumerate(storyboard.scenes, 1)
    )
    return f"### Draft: {inline(storyboard.title)}\n\n{scenes}\n"


def show_cues(cues: tuple[Cue, ...], duration_s: float, preview_link: str) -> str:
    """The cues as a Markdown list with their times, under a link to the preview."""
    lines = "\n".join(
        f"{number}. `{cue.start_s:.2f}–{cue.end_s:.2f}` {inline(cue.text)}"
        for number, cue in enumerate(cues, 1)
    )
    return f"### Subtitles\n\n[Watch the preview]({preview_link}), {duration_s:.1f} s.\n\n{lines}\n"
