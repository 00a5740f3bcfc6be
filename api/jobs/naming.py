"""A job's name in Prefect's UI and in lists: the title or the idea, in one short line."""

from __future__ import annotations

import re

from reels.models import VideoRequest
from reels.slideshow import SlideshowRequest

MAX_NAME_CHARS = 60
_MARKS = re.compile(r"[*_`#>~|\[\](){}<]+|^-+\s*")


def run_name(request: VideoRequest) -> str:
    """One line of at most `MAX_NAME_CHARS` characters, without Markdown marks."""
    source = request.storyboard.title if request.storyboard else request.idea or request.text
    return one_line(source or "") or "video"


def one_line(text: str) -> str:
    """The beginning of a text, at most `MAX_NAME_CHARS` characters, without Markdown marks."""
    line = " ".join(_MARKS.sub(" ", text).split())
    if len(line) > MAX_NAME_CHARS:
        line = line[: MAX_NAME_CHARS - 1].rsplit(" ", 1)[0].rstrip(" ,;:.-") + "…"
    return line


def slideshow_name(request: SlideshowRequest) -> str:
    """What is shown."""
    pictures = len(request.image_urls)
    return "Slideshow of a picture" if pictures == 1 else f"Slideshow of {pictures} pictures"
