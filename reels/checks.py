"""What no schema can say of a draft or an answer: voices that exist, cues that fit.

Whoever takes an answer, by whatever way, holds it against these.
"""

from __future__ import annotations

from collections.abc import Iterable

from reels.chains import speakers
from reels.decisions import DraftDecision, SubtitlesDecision
from reels.errors import InvalidInput
from reels.models import Storyboard, check_cues
from reels.settings import FlowSettings
from reels.storyboard.figures import KINDS as FIGURES
from reels.storyboard.markdown import without_marks
from reels.visuals import check_spec, visual
from reels.voice import voice

#: Kinds that `VideoRequest.visuals` may name.
CHOSEN = ("slide", *FIGURES, "generated", "stock_picture", "stock_clip", "library")


def check_storyboard(storyboard: Storyboard, voice_name: str, settings: FlowSettings) -> None:
    """Refuse a storyboard that cannot be spoken or shown.

    Raises:
        InvalidInput: naming `storyboard.language`, `voice`, or a scene's `narration`, `voice`
            or `visual.kind`, or a value of its `visual.spec`.
    """
    without_marks(storyboard)
    try:
        speaker = voice(speakers(settings.tts_provider, storyboard.language, voice_name)[0])
    except InvalidInput as error:
        if error.field == "language":
            error.field = "storyboard.language"
        raise
    for number, scene in enumerate(storyboard.scenes):
        try:
            check_spec(scene.visual.kind, scene.visual.spec)
        except InvalidInput as error:
            error.field = f"storyboard.scenes.{number}.{error.field}"
            raise
        try:
            speaker.check(storyboard.language, scene.voice)
        except InvalidInput as error:
            error.field = f"storyboard.scenes.{number}.voice"
            raise


def check_visuals(kinds: Iterable[str], folder: str) -> None:
    """Refuse kinds that a storyboarder cannot choose from. `folder` is the job's, if any.

    Raises:
        InvalidInput: naming `visuals.N`.
    """
    for number, kind in enumerate(kinds):
        field = f"visuals.{number}"
        try:
            visual(kind)
        except InvalidInput as error:
            error.field = field
            raise
        if kind not in CHOSEN:
            raise InvalidInput(
                field,
                f"No storyboarder chooses the visual kind {kind!r}.",
                remedy=f"Use some of: {', '.join(CHOSEN)}.",
            )
        if kind == "library" and not folder:
            raise InvalidInput(
                field,
                "Media of the library are wanted, but of no folder.",
                remedy="Name it as background_folder.",
            )


def check_draft(
    decision: DraftDecision, language: str, voice_name: str, settings: FlowSettings
) -> DraftDecision:
    """The decision, its storyboard in the draft's `language` where it names none.

    Raises:
        InvalidInput: naming `comment`, `storyboard` or `storyboard.language`.
    """
    if decision.action == "revise" and not decision.comment:
        raise InvalidInput("comment", "A revision needs a comment that says what to change.")
    if decision.storyboard is None:
        return decision
    if decision.action != "approve":
        raise InvalidInput(
            "storyboard", f"A storyboard can be sent with approve, not with {decision.action}."
        )
    storyboard = decision.storyboard
    if "language" not in storyboard.model_fields_set:
        storyboard = storyboard.model_copy(update={"language": language})
    check_storyboard(storyboard, voice_name, settings)
    return decision.model_copy(update={"storyboard": storyboard})


def check_subtitles(decision: SubtitlesDecision, duration_s: float) -> None:
    """Raises InvalidInput naming `cues`, or `cues.N.start_s` or `cues.N.end_s`."""
    if decision.cues is None:
        return
    if decision.action != "approve":
        raise InvalidInput("cues", f"Cues can be sent with approve, not with {decision.action}.")
    check_cues(decision.cues, duration_s)
