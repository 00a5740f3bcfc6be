"""What no model can say of a request: voices that exist, cues that fit their video."""

from __future__ import annotations

import json
import math

from reels.artifacts import ArtifactStore
from reels.decisions import DraftDecision, SubtitlesDecision
from reels.errors import ArtifactMissing, InvalidInput
from reels.models import Storyboard, VideoRequest, check_cues
from reels.settings import FlowSettings
from reels.visuals import visual
from reels.voice import voice


def complete(request: VideoRequest, settings: FlowSettings) -> VideoRequest:
    """The request with its language resolved, once it has been found possible.

    The request's own language counts, then its storyboard's, then the default; a
    storyboard without a language is in the request's.

    Raises:
        InvalidInput: naming `language`, `storyboard.language` or `voice`.
    """
    drawn = request.storyboard
    own = drawn.language if drawn and "language" in drawn.model_fields_set else None
    given = request.language if "language" in request.model_fields_set else None
    language = given or own or settings.default_language
    if own is None:
        voice(settings.tts_provider).check(language, request.voice)
    if drawn is not None:
        drawn = drawn.model_copy(update={"language": own or language})
        check_storyboard(drawn, request.voice, settings)
    return request.model_copy(update={"language": language, "storyboard": drawn})


def check_storyboard(storyboard: Storyboard, voice_name: str, settings: FlowSettings) -> None:
    """Refuse a storyboard that cannot be spoken or shown.

    Raises:
        InvalidInput: naming `storyboard.language`, `voice` or a scene's `visual.kind`.
    """
    try:
        voice(settings.tts_provider).check(storyboard.language, voice_name)
    except InvalidInput as error:
        if error.field == "language":
            error.field = "storyboard.language"
        raise
    for number, scene in enumerate(storyboard.scenes):
        try:
            visual(scene.visual.kind)
        except InvalidInput as error:
            error.field = f"storyboard.scenes.{number}.visual.kind"
            raise


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


def video_duration_s(store: ArtifactStore, prefix: str) -> float:
    """The video's length by its stored cues; infinite when there are none yet. Blocks."""
    try:
        stored = json.loads(store.read(f"{prefix}/subtitles.json"))
        return float(stored["duration_s"])
    except ArtifactMissing:
        return math.inf


def stored_storyboard(store: ArtifactStore, prefix: str) -> Storyboard | None:
    """The stored draft; None when there is none. Blocks."""
    try:
        return Storyboard.model_validate_json(store.read(f"{prefix}/storyboard.json"))
    except ArtifactMissing:
        return None
