"""Gemini: one call at a time, metered, checked and mapped to our errors.

Everything that asks Gemini goes through `generate` or `make_music`.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from reels.cloud.charges import Bill, Operation, paid_call
from reels.cloud.gemini_client import SERVICE, sent
from reels.cloud.gemini_errors import ChosenModel, quoted, refusal_of
from reels.errors import BadOutput, ProviderError
from reels.settings import ProviderSettings

if TYPE_CHECKING:
    from google.genai import Client
    from google.genai.types import GenerateContentResponse

_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}")

ModelField = Literal["gemini_model", "gemini_image_model", "gemini_tts_model", "gemini_music_model"]


class Blob(NamedTuple):
    """Bytes of a reply: a picture or sound, of the kind that the service says."""

    mime_type: str
    data: bytes


class Reply(NamedTuple):
    """A reply that was finished and not blocked; one of both may be empty."""

    text: str
    blobs: tuple[Blob, ...]


def chosen_model(field: ModelField) -> ChosenModel:
    """The model that a setting names.

    Raises:
        ProviderError: what is set is no model's name.
    """
    name: str = getattr(ProviderSettings(), field)
    setting = f"VIDEO_SERVICE_{field.upper()}"
    if not _MODEL_NAME.fullmatch(name) or ".." in name:
        raise ProviderError(
            SERVICE, f"{name[:80]!r} is not the name of a model.", remedy=f"Correct {setting}."
        )
    return ChosenModel(name, setting)


def generate(
    model: ChosenModel,
    operation: Operation,
    *,
    contents: str,
    config: Mapping[str, Any],
    expected: Mapping[str, float],
) -> Reply:
    """Ask once. `config` is a `GenerateContentConfig` as a dict.

    What the service counted is charged also when it refused to answer.

    Raises:
        ProviderError: one of our tree; see `reels.cloud.gemini_errors`.
        BudgetExceeded: the call was not made.
    """

    def send(client: Client) -> GenerateContentResponse:
        return client.models.generate_content(
            model=model.name,
            contents=contents,
            config=dict(config),  # type: ignore[arg-type]
        )

    with paid_call(SERVICE, model.name, operation, expected=expected) as bill:
        response = sent(send, model)
        reply = _reply(response)
        _charge(bill, response, reply, pictures=operation == "picture")
        refusal = refusal_of(response)
        if refusal is not None:
            raise refusal
        if not reply.text and not reply.blobs:
            raise BadOutput(SERVICE, "Gemini's reply is empty.")
        return reply


def make_music(model: ChosenModel, prompt: str) -> Blob:
    """Ask the music model once; encoded sound.

    Raises:
        ProviderError: one of our tree.
        BudgetExceeded: the call was not made.
    """

    def send(client: Client) -> Any:
        return client.interactions.create(
            model=model.name,
            input=prompt,
            response_modalities=["audio"],
            store=False,
            automatic_continuation=False,
        )

    with paid_call(SERVICE, model.name, "music", expected={"request": 1}) as bill:
        made = sent(send, model)
        status = getattr(made, "status", None)
        if status == "completed":
            bill.add({"request": 1}, request_id=str(getattr(made, "id", "") or ""))
        return _sound_of(made, status)


def _sound_of(made: Any, status: object) -> Blob:
    audio = getattr(made, "output_audio", None)
    data = getattr(audio, "data", None)
    if status == "completed" and isinstance(data, str) and data:
        with suppress(ValueError):
            return Blob(str(getattr(audio, "mime_type", "") or ""), b64decode(data, validate=True))
        raise BadOutput(SERVICE, "Gemini's music is not valid base64.")
    said = getattr(made, "output_text", "") or getattr(made, "errors", None) or ""
    because = f" It says: {quoted(said)}" if said else ""
    ended = status if isinstance(status, str) else "unknown"
    raise BadOutput(SERVICE, f"Gemini made no music (status {ended}).{because}")


def _reply(response: GenerateContentResponse) -> Reply:
    """The first candidate's text, without thoughts, and its blobs."""
    texts: list[str] = []
    blobs: list[Blob] = []
    candidate = response.candidates[0] if response.candidates else None
    content = candidate.content if candidate else None
    for part in (content.parts if content else None) or ():
        if part.thought:
            continue
        if part.text:
            texts.append(part.text)
        if part.inline_data and part.inline_data.data:
            blobs.append(Blob(part.inline_data.mime_type or "", part.inline_data.data))
    return Reply("".join(texts), tuple(blobs))


def _charge(bill: Bill, response: GenerateContentResponse, reply: Reply, *, pictures: bool) -> None:
    """Thoughts count as output. Pictures are priced by the piece, not by their tokens."""
    usage = response.usage_metadata
    units: dict[str, float] = {}
    if usage is not None:
        thoughts = usage.thoughts_token_count or 0
        output = usage.candidates_token_count or 0
        if pictures:
            output = sum(
                each.token_count or 0
                for each in usage.candidates_tokens_details or ()
                if each.modality == "TEXT"
            )
        units["input_token"] = (usage.prompt_token_count or 0) + (
            usage.tool_use_prompt_token_count or 0
        )
        units["output_token"] = output + thoughts
    if pictures:
        units["picture"] = len(reply.blobs)
    counted = {unit: count for unit, count in units.items() if count}
    bill.add(counted, request_id=response.response_id or "")
