"""Films of others: what is asked for, and when two addresses lead to the same one."""

from __future__ import annotations

import re

from pydantic import Field

from reels.addresses import read_address
from reels.models import Model, Title
from reels.slideshow import WebAddress

_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class HlsRequest(Model):
    """A film by its address on the web, and the title that it gets."""

    title: Title
    url: WebAddress = Field(description="http or https address of a film")


def normalised(url: str, field: str = "url") -> str:
    """The address in the one form that all ways to write it have (RFC 3986, 6.2.2 and 6.2.3).

    Scheme and host are in lower case, the port that goes without saying, the fragment and
    dot segments are gone, and what needs no escape has none. The query stays as it is.

    Raises:
        InvalidInput: naming `field`; it is no http or https address, or holds a user name.
    """
    address = read_address(url, field)
    path, mark, query = _escaped(address.target).partition("?")
    return f"{address.scheme}://{address.authority}{_without_dots(path)}{mark}{query}"


def _escaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        char = chr(int(found[1], 16))
        return char if char in _UNRESERVED else found[0].upper()

    return _ESCAPE.sub(one, text)


def _without_dots(path: str) -> str:
    """As RFC 3986, 5.2.4, of a path that starts with a slash."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
