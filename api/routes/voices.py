"""The voices to choose from."""

from __future__ import annotations

from api.doors.door import Router
from api.identity import User
from api.problems import responses
from api.services import Deps, in_thread
from reels.chains import links
from reels.voice import VoiceInfo, voice

router = Router(tags=["videos"])


@router.get("/voices", responses=responses(401, 502), response_model_exclude_none=True)
async def list_voices(_user: User, services: Deps) -> list[VoiceInfo]:
    """What `voice` of a request or of a scene may be, for every configured provider in order.

    A voice without a `language` speaks any that its provider does. What a service lists may
    be five minutes old.
    """
    return await in_thread(_listed, services.flow.tts_provider)


def _listed(providers: str) -> list[VoiceInfo]:
    return [each for name in links(providers) for each in voice(name).voices()]
