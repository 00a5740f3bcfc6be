"""A request completed and checked, and what the store knows of a job that is answered."""

from __future__ import annotations

import json
import math

from reels.artifacts import ArtifactStore
from reels.chains import speakers
from reels.checks import check_storyboard, check_visuals
from reels.documents import read
from reels.errors import ArtifactMissing, InvalidInput
from reels.language import language_of
from reels.models import LanguageTag, Storyboard, VideoRequest
from reels.settings import FlowSettings


def complete(request: VideoRequest, settings: FlowSettings) -> VideoRequest:
    """The request with its language resolved, once it has been found possible.

    The request's own language counts, then its storyboard's, then that which it is written
    in, then the default; a storyboard without a language is in the request's.

    Raises:
        InvalidInput: naming `language`, `storyboard.language`, `voice` or `visuals`.
    """
    check_visuals(request.visuals, request.background_folder or settings.default_background_folder)
    drawn = request.storyboard
    own = drawn.language if drawn and "language" in drawn.model_fields_set else None
    given = request.language if "language" in request.model_fields_set else None
    language = given or own or _written_in(request, settings)
    if own is None:
        speakers(settings.tts_provider, language, request.voice)
    if drawn is not None:
        drawn = drawn.model_copy(update={"language": own or language})
        check_storyboard(drawn, request.voice, settings)
    return request.model_copy(update={"language": language, "storyboard": drawn})


def _written_in(request: VideoRequest, settings: FlowSettings) -> LanguageTag:
    """The language of its words, if a voice speaks that."""
    spoken = request.storyboard.scenes if request.storyboard else ()
    words = request.text or request.idea or " ".join(scene.narration for scene in spoken)
    found = language_of(words, settings.default_language)
    try:
        speakers(settings.tts_provider, found, request.voice)
    except InvalidInput:
        return settings.default_language
    return found


def video_duration_s(store: ArtifactStore, prefix: str) -> float:
    """The video's length by its stored cues; infinite when there are none yet. Blocks."""
    try:
        stored = json.loads(store.read(f"{prefix}/subtitles.json"))
        return float(stored["duration_s"])
    except ArtifactMissing:
        return math.inf


def stored_storyboard(store: ArtifactStore, prefix: str) -> Storyboard | None:
    """The stored draft; None when there is none. Blocks.

    Raises:
        Unreadable: another release has written it, in a way that this one cannot read.
    """
    key = f"{prefix}/storyboard.json"
    try:
        return read(Storyboard, store.read(key), key)
    except ArtifactMissing:
        return None
