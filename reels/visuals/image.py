"""The visual kind `image`: a picture from an address on the web, shown as it is.

It is fetched by `reels.fetch`, which asks public web servers only, and decoded once to see
whether it can be shown.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field, JsonValue

from reels.addresses import MAX_ADDRESS_CHARS, check_address, read_address, read_hosts
from reels.errors import BadOutput, RenderError
from reels.models import Model, Text
from reels.settings import FetchSettings
from reels.visuals.base import Canvas
from reels.visuals.picture import parse_spec

_FIELD = "visual.spec.url"


class ImageSpec(Model):
    """`url` is where the picture lies (PNG, JPEG or WebP); `alt` says what is seen in it."""

    url: str = Field(min_length=1, max_length=MAX_ADDRESS_CHARS)
    alt: Annotated[Text, Field(max_length=500)] = ""


class Image:
    """Takes an `ImageSpec`'s picture."""

    kind = "image"
    version = "1"

    def check(self, spec: dict[str, JsonValue]) -> None:
        """See `reels.visuals.check_spec`; asks nobody."""
        parsed = parse_spec(ImageSpec, spec)
        allowed = read_hosts(FetchSettings().fetch_allowed_hosts)
        check_address(read_address(parsed.url, _FIELD), allowed, _FIELD)

    def draw(self, spec: dict[str, JsonValue], canvas: Canvas, to: Path) -> Path:  # noqa: ARG002
        """See `VisualKind.draw`.

        Raises:
            InvalidInput: the address is refused, or one that it redirects to.
            ProviderError: what lies there cannot be had or shown.
        """
        return picture_at(parse_spec(ImageSpec, spec).url, to, named=_FIELD).path


class WebPicture(NamedTuple):
    """A picture that was fetched. `shape_px` may be smaller than it is, but of its shape."""

    path: Path
    shape_px: tuple[int, int]


#: Of several downloads at once one is decoded at a time: a picture may take 160 MB.
_decoding = threading.Lock()
#: A JPEG tells that it is whole when it is read at an eighth of its size, too.
_NEAR_PX = 256, 256


def picture_at(url: str, to: Path, *, named: str) -> WebPicture:
    """The picture at `url`, decoded once, beside `to`; `named` is the field in errors.

    Raises: as `Image.draw`.
    """
    # OpenCV is loaded when a file is looked at, not when the kinds are listed.
    from reels.fetch import fetch, limits_for
    from reels.fetch_errors import PROVIDER
    from reels.pictures import decode

    got = fetch(url, to, limits_for("picture"), ("picture",), named=named)
    try:
        with _decoding:
            height, width = decode(got.path, _NEAR_PX).shape[:2]
    except RenderError as error:
        address = read_address(url).shown
        raise BadOutput(
            PROVIDER, f"The picture at {address!r} cannot be shown. {error.message}"
        ) from error
    return WebPicture(got.path, (width, height))
