"""Playlists, read as a player reads them."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)')


class Entry(NamedTuple):
    """A segment of a playlist; `span` is its bytes, offset and size, where it is a part."""

    uri: str
    duration_s: Fraction
    span: tuple[int, int] | None


class Playlist(NamedTuple):
    """`tags` are those that stand alone, with their values."""

    tags: dict[str, str]
    init: str
    entries: tuple[Entry, ...]


class Stream(NamedTuple):
    uri: str
    attributes: dict[str, str]


class Master(NamedTuple):
    tags: dict[str, str]
    streams: tuple[Stream, ...]
    keys: tuple[Stream, ...]
    media: tuple[Stream, ...]


def read_playlist(path: Path) -> Playlist:
    """Read a media playlist."""
    tags: dict[str, str] = {}
    entries: list[Entry] = []
    init, duration_s, span = "", Fraction(0), None
    for line in _lines(path):
        name, _, value = line.partition(":")
        if not line.startswith("#"):
            entries.append(Entry(line, duration_s, span))
            span = None
        elif name == "#EXTINF":
            duration_s = Fraction(value.partition(",")[0])
        elif name == "#EXT-X-BYTERANGE":
            size, _, offset = value.partition("@")
            span = (int(offset), int(size))
        elif name == "#EXT-X-MAP":
            init = attributes(value)["URI"]
        else:
            tags[name] = value
    return Playlist(tags, init, tuple(entries))


def read_master(path: Path) -> Master:
    """Read a master playlist."""
    tags: dict[str, str] = {}
    streams, keys, media = [], [], []
    described: dict[str, str] = {}
    for line in _lines(path):
        name, _, value = line.partition(":")
        if not line.startswith("#"):
            streams.append(Stream(line, described))
        elif name == "#EXT-X-STREAM-INF":
            described = attributes(value)
        elif name == "#EXT-X-I-FRAME-STREAM-INF":
            keys.append(Stream(attributes(value)["URI"], attributes(value)))
        elif name == "#EXT-X-MEDIA":
            media.append(Stream(attributes(value).get("URI", ""), attributes(value)))
        else:
            tags[name] = value
    return Master(tags, tuple(streams), tuple(keys), tuple(media))


def attributes(text: str) -> dict[str, str]:
    """An attribute list, without its quotes."""
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(text)}


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line]
