"""Gemini's wire format: `generateContent` for text, pictures and speech, and interactions."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import uuid
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from fastapi import APIRouter, Request, Response

from deployments.fake_cloud import elevenlabs_sound as sounds
from deployments.fake_cloud.gemini_pictures import painted
from deployments.fake_cloud.gemini_texts import expanded, storyboard, written
from deployments.fake_cloud.serving import Answer, serve
from deployments.fake_cloud.state import State

SERVICE = "gemini"
_CHARS_PER_TOKEN = 4
_THOUGHT_TOKENS = 64
_PICTURE_TOKENS = 1290
_SPEECH_TOKENS_PER_S = 25
_SPEECH_RATE_HZ = 24_000
_CLIP_S = 12.0
_DATA = re.compile(r"<data>\n(.*?)\n</data>", re.S)


def routes(state: State) -> APIRouter:
    """The routes that the SDK calls, under any version."""
    router = APIRouter()

    @router.post("/{version}/models/{model}:generateContent")
    async def generate(request: Request, model: str) -> Response:
        body = await _body(request)
        operation, make = _kind_of(body)

        async def work() -> Answer:
            refused = _refusal(state, request)
            return refused if refused else await asyncio.to_thread(make, body, model)

        return await serve(state, request, SERVICE, operation, work, key=_key(request))

    @router.post("/{version}/interactions")
    async def interact(request: Request) -> Response:
        body = await _body(request)

        async def work() -> Answer:
            refused = _refusal(state, request)
            return refused if refused else await asyncio.to_thread(_music, body)

        return await serve(state, request, SERVICE, "music", work, key=_key(request))

    return router


async def _body(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(await request.body())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _key(request: Request) -> str:
    return request.headers.get("x-goog-api-key", "")


def _refusal(state: State, request: Request) -> Answer | None:
    wanted = state.keys.get(SERVICE)
    if not wanted or _key(request) == wanted:
        return None
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
    }
    message = "API key not valid. Please pass a valid API key."
    return _error(400, "INVALID_ARGUMENT", message, [detail])


def _error(code: int, status: str, message: str, details: list[Any]) -> Answer:
    error = {"code": code, "message": message, "status": status, "details": details}
    return Answer({"error": error}, status=code)


def _kind_of(body: Mapping[str, Any]) -> tuple[str, Callable[[dict[str, Any], str], Answer]]:
    config = body.get("generationConfig") or {}
    modalities = config.get("responseModalities") or []
    if "IMAGE" in modalities:
        return "picture", _picture
    if "AUDIO" in modalities:
        return "speech", _speech
    properties = (config.get("responseSchema") or {}).get("properties") or {}
    if "hook" in properties:
        return "ideas", _ideas
    if properties.keys() == {"text"}:
        return "text", _text
    return ("storyboard", _storyboard) if "scenes" in properties else ("text", _echo)


def _texts(content: Any) -> str:
    parts = content.get("parts") if isinstance(content, dict) else None
    return "\n".join(str(part.get("text", "")) for part in parts or [])


def _asked(body: Mapping[str, Any]) -> str:
    return "\n".join(_texts(content) for content in body.get("contents") or [])


def _data(body: Mapping[str, Any]) -> dict[str, Any]:
    """The material that a prompt of ours marks as data; the whole prompt of anybody else."""
    found = _DATA.search(_asked(body))
    return dict(json.loads(found.group(1))) if found else {"idea": _asked(body)}


def _storyboard(body: dict[str, Any], model: str) -> Answer:
    rules = _texts(body.get("systemInstruction"))
    made = storyboard(_data(body), rules, body["generationConfig"]["responseSchema"])
    return _text_answer(body, model, made)


def _ideas(body: dict[str, Any], model: str) -> Answer:
    return _text_answer(body, model, expanded(_data(body)))


def _text(body: dict[str, Any], model: str) -> Answer:
    return _text_answer(body, model, {"text": written(_data(body))})


def _echo(body: dict[str, Any], model: str) -> Answer:
    return _text_answer(body, model, {"you_said": _asked(body)[:200]})


def _text_answer(body: dict[str, Any], model: str, made: Mapping[str, Any]) -> Answer:
    text = json.dumps(made, ensure_ascii=False)
    told = {"text": text}
    return _answer(body, model, told, _tokens(text), thoughts=_THOUGHT_TOKENS)


def _picture(body: dict[str, Any], model: str) -> Answer:
    shape = (body["generationConfig"].get("imageConfig") or {}).get("aspectRatio") or "1:1"
    part = _inline("image/png", painted(_asked(body), shape))
    return _answer(body, model, part, _PICTURE_TOKENS, picture=True)


def _speech(body: dict[str, Any], model: str) -> Answer:
    """The line after the directions, as raw samples of 16 bits."""
    line = _asked(body).rpartition("\n\n")[2]
    sound, _, _ = sounds.spoken(line)
    at = np.arange(0, len(sound), sounds.RATE_HZ / _SPEECH_RATE_HZ)
    slower = np.interp(at, np.arange(len(sound)), sound)
    samples = np.rint(np.clip(slower, -1, 1) * 32767).astype("<i2")
    part = _inline(f"audio/L16;codec=pcm;rate={_SPEECH_RATE_HZ}", samples.tobytes())
    tokens = round(len(samples) / _SPEECH_RATE_HZ * _SPEECH_TOKENS_PER_S)
    return _answer(body, model, part, tokens)


def _inline(mime_type: str, data: bytes) -> dict[str, Any]:
    return {"inlineData": {"mimeType": mime_type, "data": base64.b64encode(data).decode()}}


def _answer(
    body: Mapping[str, Any],
    model: str,
    part: Mapping[str, Any],
    tokens: int,
    *,
    thoughts: int = 0,
    picture: bool = False,
) -> Answer:
    asked = _tokens(_asked(body) + _texts(body.get("systemInstruction")))
    usage: dict[str, Any] = {
        "promptTokenCount": asked,
        "candidatesTokenCount": tokens,
        "totalTokenCount": asked + tokens + thoughts,
    }
    units: dict[str, float] = {"input_token": asked}
    if thoughts:
        usage["thoughtsTokenCount"] = thoughts
    if picture:
        usage["candidatesTokensDetails"] = [{"modality": "IMAGE", "tokenCount": tokens}]
        units["picture"] = 1
    if not picture or thoughts:
        units["output_token"] = thoughts + (0 if picture else tokens)
    content = {
        "candidates": [
            {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
        ],
        "usageMetadata": usage,
        "modelVersion": model,
        "responseId": uuid.uuid4().hex,
    }
    return Answer(content, model=model, units=units)


def _tokens(text: str) -> int:
    return max(1, len(text) // _CHARS_PER_TOKEN)


def _music(body: dict[str, Any]) -> Answer:
    model = str(body.get("model", ""))
    data = base64.b64encode(_clip()).decode()
    sound = {"type": "audio", "mime_type": "audio/mp3", "data": data}
    content = {
        "id": uuid.uuid4().hex,
        "object": "interaction",
        "model": model,
        "status": "completed",
        "created": "2026-01-02T03:04:05Z",
        "updated": "2026-01-02T03:04:05Z",
        "steps": [{"type": "model_output", "content": [sound]}],
        "usage": {"total_input_tokens": _tokens(str(body.get("input", "")))},
    }
    return Answer(content, model=model, units={"request": 1})


@cache
def _clip() -> bytes:
    return sounds.encoded(sounds.composed(_CLIP_S), "mp3")[0]
