"""What a slide says, and how a scene becomes one."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from reels.models import Model, Scene, Text

Layout = Literal["statement", "title", "figure", "quote", "list", "closing"]

#: With these limits every text fits at the smallest size, even in the widest letters, on the
#: shape with the least room (square, with captions).
MAX_SLIDE_CHARS = 280
MAX_TITLE_CHARS = 200
MAX_BULLETS = 5

Bullet = Annotated[Text, Field(min_length=1, max_length=90)]


class SlideSpec(Model):
    """A slide's words. All are optional; a slide without any is a backdrop.

    `figure` is a number or a short sign that is shown very large. `emphasis` is the part of
    `title` in the accent colour. `seed` keeps the slides of one video in one family: the same
    seed gives the same palette, unless `palette` names one. `shown` is how many bullets are
    drawn, all if None; where they stand does not depend on it.
    """

    layout: Layout = "statement"
    eyebrow: Text = Field(default="", max_length=48)
    title: Text = Field(default="", max_length=MAX_TITLE_CHARS)
    body: Text = Field(default="", max_length=MAX_TITLE_CHARS)
    bullets: tuple[Bullet, ...] = Field(default=(), max_length=MAX_BULLETS)
    figure: Text = Field(default="", max_length=12)
    emphasis: Text = Field(default="", max_length=MAX_TITLE_CHARS)
    palette: str = Field(default="", max_length=24)
    seed: str = Field(default="", max_length=120)
    shown: int | None = Field(default=None, ge=0, le=MAX_BULLETS)

    @model_validator(mode="after")
    def _fits_a_slide(self) -> Self:
        count = len(self.title) + len(self.body) + sum(map(len, self.bullets))
        if count > MAX_SLIDE_CHARS:
            raise ValueError(
                f"title, body and bullets have {count} characters together; "
                f"a slide holds {MAX_SLIDE_CHARS}"
            )
        return self


_FIGURE = re.compile(
    r"(?<![\w.,])[$€£¥₽]?\d{1,3}(?:[ \u00a0\u202f,.]\d{3})+(?:\s?%)?(?![\w])"
    r"|(?<![\w.,])[$€£¥₽]?\d+(?:[.,:]\d+)?(?:\s?[%°₽€$×])?(?![\w])"
)
_QUOTED = re.compile(r"[“\"«„]([^“”\"«»„]{3,})[”\"»“]")
_MAX_FIGURE_CHARS = 9
_MAX_FIGURE_TITLE_CHARS = 130
_MAX_EYEBROW_CHARS = 44
#: Kinds that are drawn in a slide's frame.
_FIGURES = ("code", "diagram", "formula")
_MAX_FIGURE_HEAD_CHARS = 90


def spec_for(scene: Scene, storyboard_title: str, number: int, count: int) -> dict[str, JsonValue]:
    """The spec to draw scene `number` (from 1) of `count` by.

    What the scene's own spec says is kept; the rest comes from its on-screen text and the
    storyboard's title. Specs of kinds that are not drawn here are returned as they are.
    """
    given = dict(scene.visual.spec)
    if scene.visual.kind in _FIGURES:
        return {**_figure(scene, storyboard_title), **given}
    if scene.visual.kind != "slide":
        return given
    derived = _derive(scene, storyboard_title, number, count, bool(given.get("bullets")))
    return _trimmed({**derived, **given}, protected=set(given))


def _figure(scene: Scene, storyboard_title: str) -> dict[str, JsonValue]:
    """The title over a figure, and what makes it one of the video's family."""
    text = " ".join(scene.on_screen_text.split())
    return {
        "title": text if len(text) <= _MAX_FIGURE_HEAD_CHARS else "",
        "eyebrow": storyboard_title if len(storyboard_title) <= _MAX_EYEBROW_CHARS else "",
        "seed": storyboard_title[:120],
    }


def _derive(
    scene: Scene, storyboard_title: str, number: int, count: int, listed: bool
) -> dict[str, JsonValue]:
    text = " ".join((scene.on_screen_text or _opening(scene.narration)).split())
    spec: dict[str, JsonValue] = {"title": text, "seed": storyboard_title}
    running = storyboard_title if len(storyboard_title) <= _MAX_EYEBROW_CHARS else ""
    if number == 1 and not listed:
        same = _plain(text) == _plain(storyboard_title)
        return spec | {"layout": "title", "title": storyboard_title, "body": "" if same else text}
    spec["eyebrow"] = running
    if listed:
        return spec | {"layout": "list"}
    if number == count and count > 2:
        return spec | {"layout": "closing"}
    return spec | _emphasised(text)


def _emphasised(text: str) -> dict[str, JsonValue]:
    quoted = _QUOTED.search(text)
    if quoted and len(quoted.group(1)) >= 0.6 * len(text):
        whole = quoted.group(0) == text.rstrip(".")
        return {"layout": "quote", "title": quoted.group(1) if whole else text}
    figures = [f for f in _FIGURE.findall(text) if len(f.strip()) <= _MAX_FIGURE_CHARS]
    if len(figures) == 1 and len(text) <= _MAX_FIGURE_TITLE_CHARS:
        return _figured(text, figures[0].strip())
    if quoted:
        return {"layout": "statement", "emphasis": quoted.group(0)}
    if figures:
        return {"layout": "statement", "emphasis": figures[-1].strip()}
    return {"layout": "statement", "emphasis": _turn(text)}


def _figured(text: str, figure: str) -> dict[str, JsonValue]:
    """The number large, and the text below; without its end when that is the number alone."""
    label, _, value = text.rpartition(":")
    title = label if value.strip(" .") == figure else text
    return {"layout": "figure", "figure": figure, "title": title, "emphasis": figure}


def _turn(text: str) -> str:
    """The last clause, after a dash or a colon, when it is the shorter: there lies the point."""
    parts = re.split(r"\s[—–-]\s|:\s", text)
    last = parts[-1].strip()
    return last if len(parts) > 1 and 3 <= len(last) <= 0.6 * len(text) else ""


def _opening(narration: str) -> str:
    """A scene without on-screen text shows the start of its line, cut between words."""
    if len(narration) <= 120:
        return narration
    sentence = re.split(r"(?<=[.!?…。！？])\s*", narration, maxsplit=1)[0]
    if len(sentence) <= MAX_TITLE_CHARS:
        return sentence
    return sentence[:MAX_TITLE_CHARS].rsplit(" ", 1)[0].rstrip(" ,;:—–-")


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _trimmed(spec: dict[str, JsonValue], protected: set[str]) -> dict[str, JsonValue]:
    """Without the derived parts that would make the slide hold too much."""
    for part in ("body", "title"):
        if _size(spec) > MAX_SLIDE_CHARS and part not in protected:
            spec.pop(part, None)
    return spec


def _size(spec: dict[str, JsonValue]) -> int:
    bullets = spec.get("bullets")
    listed = [str(b) for b in bullets] if isinstance(bullets, list | tuple) else []
    return sum(map(len, [str(spec.get("title", "")), str(spec.get("body", "")), *listed]))
