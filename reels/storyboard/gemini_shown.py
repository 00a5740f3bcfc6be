"""What a scene of Gemini's answer shows: from its fields to the visual's spec, or why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pydantic import BaseModel, JsonValue

from reels.cloud.gemini_json import Unusable
from reels.errors import InvalidInput
from reels.models import Visual
from reels.storyboard.markdown import plain

_MAX_BULLETS, _MAX_BULLET_CHARS, _MAX_LIST_CHARS = 5, 90, 210
_MAX_PICTURE_CHARS, _MAX_QUERY_CHARS = 1_000, 100
#: Kinds whose content is read.
READ = ("code", "diagram", "formula")


class AnswerScene(BaseModel):
    """One scene as the model gives it; what it adds beyond the schema is passed over."""

    keep: int | None = None
    first: int | None = None
    last: int | None = None
    narration: str = ""
    on_screen_text: str = ""
    visual: str = "slide"
    picture: str = ""
    query: str = ""
    code: str = ""
    code_language: str = ""
    mermaid: str = ""
    latex: str = ""
    bullets: tuple[str, ...] = ()
    motion: str = "zoom_in"


SpecMaker: TypeAlias = Callable[[AnswerScene, str], dict[str, JsonValue]]


def _slide_spec(scene: AnswerScene, _look: str) -> dict[str, JsonValue]:
    bullets = [text for text in map(plain, scene.bullets) if text]
    fits = 2 <= len(bullets) <= _MAX_BULLETS and sum(map(len, bullets)) <= _MAX_LIST_CHARS
    if not fits or max(map(len, bullets)) > _MAX_BULLET_CHARS:
        return {}
    return {"bullets": [*bullets], "layout": "list"}


def _generated_spec(scene: AnswerScene, look: str) -> dict[str, JsonValue]:
    prompt = " ".join(scene.picture.split())[:_MAX_PICTURE_CHARS]
    if not prompt:
        raise Unusable("a scene of the visual `generated` has no `picture`.")
    return {"prompt": prompt, "style": look} if look else {"prompt": prompt}


def _stock_spec(scene: AnswerScene, _look: str) -> dict[str, JsonValue]:
    query = clipped(plain(scene.query), _MAX_QUERY_CHARS)
    if not query:
        raise Unusable(f"a scene of the visual `{scene.visual}` has no `query`.")
    return {"query": query}


def _figure_spec(field: str, name: str, most: int) -> SpecMaker:
    def made(scene: AnswerScene, _look: str) -> dict[str, JsonValue]:
        content = str(getattr(scene, field)).strip("\n")
        if not content.strip() or len(content) > most:
            raise Unusable(f"a scene of the visual `{scene.visual}` has no fitting `{field}`.")
        return {name: content}

    return made


def _code_spec(scene: AnswerScene, look: str) -> dict[str, JsonValue]:
    return _figure_spec("code", "code", 4_000)(scene, look) | {"language": scene.code_language[:40]}


SPECS: dict[str, SpecMaker] = {
    "slide": _slide_spec,
    "generated": _generated_spec,
    "stock_picture": _stock_spec,
    "stock_clip": _stock_spec,
    "code": _code_spec,
    "diagram": _figure_spec("mermaid", "mermaid", 4_000),
    "formula": _figure_spec("latex", "latex", 1_000),
}
#: What a kind is told by, beside `on_screen_text`.
FIELDS = {
    "generated": ("picture",),
    "stock_picture": ("query",),
    "stock_clip": ("query",),
    "code": ("code", "code_language"),
    "diagram": ("mermaid",),
    "formula": ("latex",),
}


def visual_of(given: AnswerScene, look: str, kinds: tuple[str, ...]) -> Visual:
    """What the model shows; of text that is to be drawn, only what can be.

    Raises:
        Unusable: a field is missing, or cannot be drawn.
    """
    kind = given.visual if given.visual in kinds else kinds[0]
    spec = SPECS[kind](given, look)
    if kind in READ:
        # The kinds load drawing libraries, which no other draft needs.
        from reels.visuals import check_spec

        try:
            check_spec(kind, spec)
        except InvalidInput as error:
            raise Unusable(f"a scene of the visual `{kind}` cannot be drawn: {error}") from None
    return Visual(kind=kind, spec=spec)


def clipped(text: str, most: int) -> str:
    """In one line, cut between words."""
    words = " ".join(text.split())
    return words if len(words) <= most else words[:most].rsplit(" ", 1)[0]
