"""Of `reelwright doctor`: whoever the settings name to make things is there, with a key.

Nothing is called and nothing spent: a key that is there may still be a wrong one.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Collection
from typing import Final, get_args

from deployments.ops.finding import Finding, Findings, House
from reels.chains import links
from reels.cloud.access import Service, access, add_source, key_setting
from reels.effects.makers import MAKERS, SHIPPED
from reels.errors import AuthenticationFailed, InvalidInput, ReelsError
from reels.music import MUSIC_MAKERS
from reels.settings import FlowSettings
from reels.storyboard import STORYBOARDERS
from reels.voice import VOICES
from reels.words import ALIGNERS

_SERVICES: Final[tuple[Service, ...]] = get_args(Service)
_KNOWN: Final[dict[str, Collection[str]]] = {
    "storyboard_provider": STORYBOARDERS,
    "tts_provider": VOICES,
    "words_provider": ALIGNERS,
    "backing_track": MUSIC_MAKERS,
    "effects_provider": (SHIPPED, *MAKERS),
}
#: The visual kind that a service makes, and who that is; stock pictures have their own chain.
_GENERATED: Final = "generated"
_PAINTER: Final = "gemini"


def providers(house: House) -> Findings:
    """One line for every chain of the settings."""
    if house.prefect_url:
        from blocks.credentials import access_from_block

        add_source(access_from_block)
    settings = FlowSettings()
    for field, known in _KNOWN.items():
        yield _chain(field, getattr(settings, field), known)
    if settings.text2img_provider == _GENERATED:
        yield _chain("text2img_provider", _PAINTER, (_PAINTER,))
    yield _stock(settings)


def _chain(field: str, setting: str, known: Collection[str]) -> Finding:
    name = f"VIDEO_SERVICE_{field.upper()}"
    try:
        chain = links(setting)
    except InvalidInput as error:
        return Finding("fail", name, error.message, error.remedy)
    for link in chain:
        if link not in known:
            there = ", ".join(sorted(known))
            return Finding("fail", name, f"There is no {link!r}.", f"Name of these: {there}.")
        if fault := _fault(link):
            return fault._replace(name=name)
    return Finding("ok", name, ", ".join(f"{link}{_how(link)}" for link in chain))


def _how(link: str) -> str:
    return " (with a key)" if link in _SERVICES else ""


def _fault(link: str) -> Finding | None:
    """What keeps one who is in a chain from work. A missing key ends a job, wherever it is."""
    if link == "whisper" and importlib.util.find_spec("whisper") is None:
        remedy = "pip install 'reelwright[whisper]', or take whisper out."
        return Finding("fail", "", "whisper is not installed.", remedy)
    for service in _SERVICES:
        if service == link:
            return _key_fault(service)
    return None


def _key_fault(service: Service) -> Finding | None:
    try:
        access(service)
    except AuthenticationFailed as error:
        return Finding("fail", "", error.message, error.remedy)
    except ReelsError as error:
        return Finding("warn", "", error.message, error.remedy)
    return None


def _stock(settings: FlowSettings) -> Finding:
    from reels.cloud.stock import libraries

    name = "VIDEO_SERVICE_STOCK_PROVIDER"
    try:
        chain = libraries(settings.stock_provider)
    except InvalidInput as error:
        return Finding("fail", name, error.message, error.remedy)
    able = [library for library in chain if _key_fault(library) is None]
    if able:
        return Finding("ok", name, ", ".join(f"{library} (with a key)" for library in able))
    if settings.text2img_provider.startswith("stock"):
        message = "No stock library has a key, and VIDEO_SERVICE_TEXT2IMG_PROVIDER wants them."
        return Finding("fail", name, message, f"Set {key_setting(chain[0])}.")
    return Finding("ok", name, "no key, so no stock pictures and clips")
