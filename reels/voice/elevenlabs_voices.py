"""Which voices an account of ElevenLabs has, and which languages a model speaks."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from reels.cloud.access import access
from reels.cloud.elevenlabs import ONE_TRY, asking
from reels.cloud.elevenlabs_errors import SERVICE
from reels.errors import BadOutput, InvalidInput
from reels.voice.base import VoiceInfo

if TYPE_CHECKING:
    from elevenlabs.client import ElevenLabs

KEPT_S = 300.0
_PAGE, _MOST_PAGES = 100, 20
_ID_CHARS = 20


def _tags(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_MULTILINGUAL_V1 = _tags("de en es fr hi it pl pt")
_MULTILINGUAL_V2 = _MULTILINGUAL_V1 | _tags(
    "ar bg cs da el fi fil hr id ja ko ms nl ro ru sk sv ta tl tr uk zh"
)
_V2_5 = _MULTILINGUAL_V2 | _tags("hu nb nn no vi")
_V3 = _V2_5 | _tags(
    "af as az be bn bs ca ceb cy et fa ga gl gu ha he hy is jv ka kk kn ky lb ln lt lv mk ml mr"
    " ne ny pa ps sd sl so sr sw te th ur"
)
_ENGLISH = _tags("en")
#: By the start of the model's name, the first that fits; from the vendor's table of models.
_MODELS = (
    ("eleven_multilingual_v1", _MULTILINGUAL_V1),
    ("eleven_multilingual_v2", _MULTILINGUAL_V2),
    ("eleven_flash_v2_5", _V2_5),
    ("eleven_turbo_v2_5", _V2_5),
    ("eleven_flash_v2", _ENGLISH),
    ("eleven_turbo_v2", _ENGLISH),
    ("eleven_monolingual", _ENGLISH),
)
#: Models that take a language; the others find it by themselves and refuse to be told.
_TOLD = ("eleven_flash_v2_5", "eleven_turbo_v2_5", "eleven_v3")

_lock = threading.Lock()
_kept: dict[str, tuple[float, tuple[VoiceInfo, ...]]] = {}


def languages(model: str) -> frozenset[str]:
    """The language tags that a model speaks; all of the largest one's where it is not known."""
    return next((tags for name, tags in _MODELS if model.startswith(name)), _V3)


def language_code(model: str, language: str) -> str | None:
    """What to tell a model of the language (ISO 639-1), if anything."""
    primary = language.split("-")[0].lower()
    return primary if model.startswith(_TOLD) and len(primary) == 2 else None


def voices() -> tuple[VoiceInfo, ...]:
    """The account's voices, as they were within the last five minutes.

    Raises:
        ProviderError: when ElevenLabs does not list them.
    """
    reach = access("elevenlabs")
    secret = f"{reach.base_url} {reach.api_key.get_secret_value()}"
    account = hashlib.sha256(secret.encode()).hexdigest()
    # Held while asking: who comes meanwhile waits for the same answer.
    with _lock:
        until_s, found = _kept.get(account, (0.0, ()))
        if time.monotonic() >= until_s:
            found = tuple(asking().ask(lambda client: tuple(_all(client))))
            _kept[account] = (time.monotonic() + KEPT_S, found)
    return found


def voice_id(name: str) -> str:
    """The id of a voice by its id or its name; asks the service only for a name.

    Raises:
        InvalidInput: naming `voice`.
        ProviderError: when ElevenLabs does not list its voices.
    """
    if len(name) == _ID_CHARS and name.isalnum():
        return name
    wanted = _plain(name)
    found = [each for each in voices() if wanted in (_plain(each.name), _plain(_first(each.name)))]
    known = next((each.id for each in voices() if each.id == name), None)
    if known or found:
        return known or found[0].id
    raise InvalidInput(
        "voice",
        f"ElevenLabs has no voice {name!r} for this account.",
        remedy="GET /voices lists the voices that there are.",
    )


def _first(name: str) -> str:
    """`George` of `George - Warm Storyteller`."""
    return name.split(" - ")[0]


def _plain(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def _all(client: ElevenLabs) -> Iterator[VoiceInfo]:
    token: str | None = None
    for _ in range(_MOST_PAGES):
        reply = client.voices.search(
            page_size=_PAGE, next_page_token=token, request_options=ONE_TRY
        )
        if not isinstance(reply.voices, list):
            raise BadOutput(SERVICE, "ElevenLabs answered with something that lists no voices.")
        yield from (_info(each) for each in reply.voices)
        token = reply.next_page_token
        if not reply.has_more or not token:
            return


def _info(voice: Any) -> VoiceInfo:
    labels = voice.labels if isinstance(voice.labels, dict) else {}
    preview = str(voice.preview_url or "")
    return VoiceInfo(
        id=voice.voice_id,
        name=voice.name or voice.voice_id,
        provider=SERVICE,
        language=labels.get("language") or None,
        preview_url=preview if preview.startswith(("https://", "http://")) else None,
    )
