"""A job's artifacts as links, by the names that the design gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.models import Artifacts, SubtitleLinks
from reels.artifacts import ArtifactStore

_SOUNDS: Final = (".mp3", ".m4a", ".wav", ".flac", ".ogg", ".aac", ".mp4", ".webm")
_NAMES: Final = {
    "storyboard.json": "storyboard",
    **{f"{name}{suffix}": name for name in ("voiceover", "music") for suffix in _SOUNDS},
    "preview.mp4": "preview",
    "final.mp4": "final",
    "poster.jpg": "poster",
    "manifest.json": "manifest",
}
_PLAYLIST: Final = "hls/master.m3u8"
_SUBTITLES: Final = {"subtitles.srt": "srt", "subtitles.vtt": "vtt", "subtitles.json": "json"}


def links_of(
    store: ArtifactStore, prefix: str, expires_s: int, playing: Mapping[str, str]
) -> Artifacts:
    """Links to what lies under `prefix`; other files there are left out. Blocks.

    `playing` are the addresses at which a package is played, told when there is one.
    """
    named: dict[str, Any] = {}
    frames: list[str] = []
    subtitles: dict[str, str] = {}
    for key in store.sizes(f"{prefix}/"):
        name = key.removeprefix(f"{prefix}/")
        if name in _NAMES:
            named[_NAMES[name]] = store.link(key, expires_s=expires_s)
        elif name in _SUBTITLES:
            subtitles[_SUBTITLES[name]] = store.link(key, expires_s=expires_s)
        elif name == _PLAYLIST:
            named.update(playing)
        elif name.startswith("frames/"):
            frames.append(store.link(key, expires_s=expires_s))
    if frames:
        named["frames"] = tuple(frames)
    if subtitles:
        named["subtitles"] = SubtitleLinks(**subtitles)
    return Artifacts(**named)
