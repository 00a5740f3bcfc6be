"""The addresses in a playlist, changed to those that a player is to ask."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

_URI = re.compile(r'(?<=URI=")([^"]+)(?=")')
_EXTINF = re.compile(r"^#EXTINF:([0-9.]+)", re.MULTILINE)
_VARIANT = re.compile(r"^#EXT-X-STREAM-INF:(.*)\n([^#\n]+)$", re.MULTILINE)
_RESOLUTION = re.compile(r"\bRESOLUTION=([0-9]+)x([0-9]+)")
_BANDWIDTH = re.compile(r"(?<![A-Z-])BANDWIDTH=([0-9]+)")
_CODECS = re.compile(r'\bCODECS="([^"]*)"')

#: From a playlist's own relative address to the one to be asked.
Address = Callable[[str], str]


def readdressed(playlist: str, address: Address) -> str:
    """Every address changed: the lines that are one, and those in attributes."""
    return "\n".join(_line(line, address) for line in playlist.split("\n"))


def readdressed_sheet(vtt: str, address: Address) -> str:
    """The same for a WebVTT file whose cues are parts of pictures, as in `a.jpg#xywh=…`."""
    known: dict[str, str] = {}

    def one(found: re.Match[str]) -> str:
        name = found[1]
        if name not in known:
            known[name] = address(name)
        return f"{known[name]}#xywh="

    return re.sub(r"^(\S+)#xywh=", one, vtt, flags=re.MULTILINE)


def length_s(playlist: str) -> float:
    """How long a media playlist lasts."""
    return sum(map(float, _EXTINF.findall(playlist)))


class Listed(NamedTuple):
    """A variant as a master playlist has it; `bandwidth` is its peak in bits a second."""

    uri: str
    size_px: tuple[int, int]
    bandwidth: int
    codecs: str

    @property
    def name(self) -> str:
        return self.uri.partition("/")[0]


def variants(master: str) -> list[Listed]:
    """The variants of a master playlist of ours; the one to start with comes first."""
    return [_listed(found[1], found[2]) for found in _VARIANT.finditer(master)]


def _listed(attributes: str, uri: str) -> Listed:
    size, bandwidth = _RESOLUTION.search(attributes), _BANDWIDTH.search(attributes)
    codecs = _CODECS.search(attributes)
    return Listed(
        uri=uri,
        size_px=(int(size[1]), int(size[2])) if size else (0, 0),
        bandwidth=int(bandwidth[1]) if bandwidth else 0,
        codecs=codecs[1] if codecs else "",
    )


def _line(line: str, address: Address) -> str:
    if not line:
        return line
    if line.startswith("#"):
        return _URI.sub(lambda found: address(found[1]), line)
    return address(line)
