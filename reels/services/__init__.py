"""The services that do scenarios' tasks. A new one is one file, one entry here and one test."""

from __future__ import annotations

from typing import Final

from reels.services.base import Service
from reels.services.image import ImageService
from reels.services.text import TextService
from reels.services.video import VideoService
from reels.services.voice import VoiceService

SERVICES: Final[dict[str, Service]] = {
    service.name: service
    for service in (TextService(), VoiceService(), ImageService(), VideoService())
}

__all__ = ["SERVICES", "Service"]
