"""ElevenLabs' wire format: speech with timestamps, music, effects, alignment, voices."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, ValidationError

from deployments.fake_cloud import elevenlabs_sound as sounds
from deployments.fake_cloud.serving import Answer, serve
from deployments.fake_cloud.state import State

SERVICE = "elevenlabs"
_DEFAULT_FORMAT = "mp3_44100_128"
#: Credits for a second of music, of an effect and of alignment.
_MUSIC_CREDITS, _EFFECT_CREDITS, _ALIGNMENT_CREDITS = 45.0, 40.0, 0.4
_VOICES = (
    ("JBFqnCBsd6RMkjVDRZzb", "George - Warm Storyteller", "en"),
    ("21m00Tcm4TlvDq8ikWAM", "Rachel", "en"),
    ("fakeVoiceRussian0001", "Мария", "ru"),
)


class _Speech(BaseModel):
    text: str = Field(min_length=1)
    model_id: str = "eleven_multilingual_v2"
    language_code: str | None = None


class _Music(BaseModel):
    prompt: str = Field(min_length=1)
    music_length_ms: int = Field(default=30_000, ge=3_000, le=600_000)
    model_id: str = "music_v2"
    force_instrumental: bool = False


class _Effect(BaseModel):
    text: str = Field(min_length=1)
    duration_seconds: float = Field(default=2.0, ge=0.5, le=30)
    model_id: str = "eleven_text_to_sound_v2"


def routes(state: State) -> APIRouter:
    """The routes that the SDK calls, as it calls them."""
    router = APIRouter()

    @router.post("/v1/text-to-speech/{voice_id}/with-timestamps")
    async def speech(
        request: Request, voice_id: str, output_format: str = _DEFAULT_FORMAT
    ) -> Response:
        return await _answered(
            state, request, "speech", _Speech,
            lambda asked: _spoken(asked, voice_id, output_format),
        )  # fmt: skip

    @router.post("/v1/music")
    async def music(request: Request, output_format: str = _DEFAULT_FORMAT) -> Response:
        return await _answered(
            state, request, "music", _Music, lambda asked: _composed(asked, output_format)
        )

    @router.post("/v1/sound-generation")
    async def effect(request: Request, output_format: str = _DEFAULT_FORMAT) -> Response:
        return await _answered(
            state, request, "effect", _Effect, lambda asked: _made(asked, output_format)
        )

    @router.post("/v1/forced-alignment")
    async def alignment(request: Request) -> Response:
        async def work() -> Answer:
            kind, body = request.headers.get("content-type", ""), await request.body()
            return _refusal(state, request) or _aligned(_form(kind, body))

        return await serve(state, request, SERVICE, "alignment", work, key=await _key(request))

    @router.get("/v2/voices")
    async def voices(request: Request, page_size: int = 10, next_page_token: str = "0") -> Response:
        async def work() -> Answer:
            return _refusal(state, request) or _listed(int(next_page_token), page_size)

        return await serve(state, request, SERVICE, "voices", work)

    return router


async def _answered(
    state: State,
    request: Request,
    operation: str,
    model: type[Any],
    make: Callable[[Any], Answer],
) -> Response:
    async def work() -> Answer:
        refusal = _refusal(state, request)
        if refusal:
            return refusal
        try:
            asked = model.model_validate_json(await request.body())
        except ValidationError as error:
            details = [
                {"loc": ["body", *each["loc"]], "msg": each["msg"], "type": each["type"]}
                for each in error.errors()
            ]
            return Answer({"detail": details}, status=422)
        # Encoding is work: other calls go on meanwhile.
        return await asyncio.to_thread(make, asked)

    return await serve(state, request, SERVICE, operation, work, key=await _key(request))


def _spoken(asked: _Speech, voice_id: str, output_format: str) -> Answer:
    if voice_id not in {each for each, _, _ in _VOICES}:
        return _wrong(404, "voice_not_found", f"A voice with voice_id {voice_id} was not found.")
    if asked.language_code and asked.model_id == "eleven_multilingual_v2":
        return _wrong(400, "unsupported_language", "This model does not take language_code.")
    sound, starts, ends = sounds.spoken(asked.text)
    data, _ = sounds.encoded(sound, output_format)
    times = {
        "characters": list(asked.text),
        "character_start_times_seconds": starts,
        "character_end_times_seconds": ends,
    }
    reply = {
        "audio_base64": base64.b64encode(data).decode(),
        "alignment": times,
        "normalized_alignment": times,
    }
    return _good(reply, asked.model_id, len(asked.text))


def _composed(asked: _Music, output_format: str) -> Answer:
    seconds = asked.music_length_ms / 1000
    data, media_type = sounds.encoded(sounds.composed(seconds), output_format)
    return _good(data, asked.model_id, _MUSIC_CREDITS * seconds, media_type)


def _made(asked: _Effect, output_format: str) -> Answer:
    data, media_type = sounds.encoded(sounds.puff(asked.duration_seconds), output_format)
    return _good(data, asked.model_id, _EFFECT_CREDITS * asked.duration_seconds, media_type)


def _form(content_type: str, body: bytes) -> dict[str, bytes]:
    """The parts of a multipart body by their names (RFC 7578)."""
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    parts = {}
    for piece in body.split(b"--" + boundary)[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        parts[name[1].decode() if name else ""] = content.removesuffix(b"\r\n")
    return parts


def _aligned(form: Mapping[str, bytes]) -> Answer:
    """Characters spread evenly over what sounds; spaces take no time."""
    text, data = form.get("text", b"").decode(), form.get("file", b"")
    if not text.strip() or not data.startswith(b"RIFF"):
        return _wrong(400, "invalid_audio", "The file or the text cannot be used.")
    start, end = sounds.sounding(data)
    step = (end - start) / max(sum(not char.isspace() for char in text), 1)
    characters, at = [], start
    for char in text:
        until = at if char.isspace() else at + step
        characters.append({"text": char, "start": round(at, 4), "end": round(until, 4)})
        at = until
    words, place = [], 0
    for word in text.split():
        place = text.index(word, place)
        first, last = characters[place], characters[place + len(word) - 1]
        place += len(word)
        words.append({"text": word, "start": first["start"], "end": last["end"], "loss": 0.1})
    reply = {"characters": characters, "words": words, "loss": 0.1}
    return _good(reply, "forced_alignment", round(_ALIGNMENT_CREDITS * (end - start), 2))


def _listed(first: int, count: int) -> Answer:
    page = _VOICES[first : first + count]
    more = first + count < len(_VOICES)
    return Answer(
        {
            "voices": [
                {
                    "voice_id": voice_id,
                    "name": name,
                    "category": "premade",
                    "labels": {"language": language, "accent": "neutral"},
                    "preview_url": f"https://voices.example/{voice_id}.mp3",
                }
                for voice_id, name, language in page
            ],
            "has_more": more,
            "total_count": len(_VOICES),
            "next_page_token": str(first + count) if more else None,
        }
    )


def _refusal(state: State, request: Request) -> Answer | None:
    wanted = state.keys.get(SERVICE)
    given = request.headers.get("xi-api-key", "")
    if not given or (wanted and given != wanted):
        return _wrong(401, "invalid_api_key", "Invalid API key.", kind="authentication_error")
    return None


def _wrong(status: int, code: str, message: str, kind: str = "invalid_request") -> Answer:
    detail = {
        "type": kind,
        "code": code,
        "message": message,
        "status": code,
        "request_id": uuid.uuid4().hex,
    }
    return Answer({"detail": detail}, status=status)


def _good(content: Any, model: str, credits: float, media_type: str = "application/json") -> Answer:
    headers = {
        "character-cost": f"{credits:g}",
        "request-id": uuid.uuid4().hex,
        "current-concurrent-requests": "1",
        "maximum-concurrent-requests": "5",
    }
    return Answer(
        content, model=model, units={"credit": credits}, media_type=media_type, headers=headers
    )


async def _key(request: Request) -> str:
    return hashlib.sha256(await request.body()).hexdigest()[:16]
