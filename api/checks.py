"""What no model can say of a request: voices that exist, cues that fit their video."""

from __future__ import annotations

import json
import math

from reels.artifacts import ArtifactStore
from reels.decisions import DraftDecision, SubtitlesDecision
from reels.errors import ArtifactMissing, InvalidInput
from reels.models import Storyboard, VideoRequest, check_cues
from reels.settings import FlowSettings
from reels.voice import speaks


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
    if drawn is not None:
        drawn = drawn.model_copy(update={"language": own or language})
    if drawn is not None and own is not None:
        check_storyboard(drawn, settings)
    _require_spoken("language", language, settings)
    return request.model_copy(update={"language": language, "storyboard": drawn})


def check_storyboard(storyboard: Storyboard, settings: FlowSettings) -> None:
    """Raises InvalidInput naming `storyboard.language`, or a scene's visual kind."""
    _require_spoken("storyboard.language", storyboard.language, settings)


def check_draft(decision: DraftDecision, language: str, settings: FlowSettings) -> DraftDecision:
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
    check_storyboard(storyboard, settings)
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


def _require_spoken(field: str, language: str, settings: FlowSettings) -> None:
    if not speaks(settings.tts_provider, language):
        raise InvalidInput(
            field,
            f"The voice {settings.tts_provider} does not speak {language!r}.",
            remedy="Use a language tag such as en, en-GB, de, es, fr, pt-BR, ru or zh.",
        )
