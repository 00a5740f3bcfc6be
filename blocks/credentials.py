"""Keys of the services as Prefect blocks: edited in Prefect's UI, hidden, encrypted at rest.

A service's block `default` counts when the environment has no key of that service.
"""

from __future__ import annotations

import os
import time
from typing import ClassVar, cast

import httpx
from prefect.blocks.core import Block
from pydantic import Field, SecretStr

from reels.cloud.access import Access, Service
from reels.errors import Unavailable

DEFAULT = "default"
#: How long a key that was read is used before the block is read again.
KEPT_S = 30.0


class ServiceAccess(Block):
    """How a service is reached."""

    service: ClassVar[Service]

    api_key: SecretStr = Field(title="API key", description="the service's key", min_length=1)
    base_url: str = Field(
        default="", title="Address", description="empty means the vendor's own address"
    )

    def access(self) -> Access:
        return Access(api_key=self.api_key, base_url=self.base_url)


class GeminiAccess(ServiceAccess):
    """Gemini: storyboards, pictures, speech, music."""

    _block_type_name = "Gemini Access"
    _block_type_slug = "gemini-access"
    service: ClassVar[Service] = "gemini"


class ElevenLabsAccess(ServiceAccess):
    """ElevenLabs: speech, music, effects, alignment."""

    _block_type_name = "ElevenLabs Access"
    _block_type_slug = "elevenlabs-access"
    service: ClassVar[Service] = "elevenlabs"


class PexelsAccess(ServiceAccess):
    """Pexels: pictures and clips."""

    _block_type_name = "Pexels Access"
    _block_type_slug = "pexels-access"
    service: ClassVar[Service] = "pexels"


class PixabayAccess(ServiceAccess):
    """Pixabay: pictures and clips."""

    _block_type_name = "Pixabay Access"
    _block_type_slug = "pixabay-access"
    service: ClassVar[Service] = "pixabay"


ACCESS_BLOCKS: tuple[type[ServiceAccess], ...] = (
    GeminiAccess,
    ElevenLabsAccess,
    PexelsAccess,
    PixabayAccess,
)

_kept: dict[Service, tuple[float, Access | None]] = {}
# A parent's keys are not for its children to outlive.
os.register_at_fork(after_in_child=_kept.clear)


def access_from_block(service: Service) -> Access | None:
    """The access in the service's block `default`, or None when there is none.

    Raises:
        Unavailable: Prefect does not answer.
    """
    kept = _kept.get(service)
    if kept is None or time.monotonic() - kept[0] > KEPT_S:
        kept = time.monotonic(), _read(service)
        # Somebody who has just saved a block for want of a key does not wait.
        if kept[1] is not None:
            _kept[service] = kept
    return kept[1]


def _read(service: Service) -> Access | None:
    kind = next(each for each in ACCESS_BLOCKS if each.service == service)
    try:
        block = cast(ServiceAccess, kind.load(DEFAULT, _sync=True))  # type: ignore[call-arg]
    except httpx.HTTPError as error:
        raise Unavailable(
            f"Prefect does not answer ({type(error).__name__}), so there is no key of {service}.",
            remedy="Check PREFECT_API_URL, or give the key by the environment.",
        ) from error
    except ValueError:
        return None
    return block.access()
