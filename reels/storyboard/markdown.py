"""Markdown becomes plain text that can be spoken: blocks in order, without marks.

Code, diagrams, formulas and pictures are shown (`figures`); rules and addresses are left out,
and an address that stands alone is read by its host. Everything else that is a word is kept,
in order.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from reels.errors import InvalidInput
from reels.models import Scene, Storyboard, Visual
from reels.storyboard.figures import (
    fenced_formulas,
    in_words,
    is_badge,
    of_fence,
    of_picture,
    outside_fences,
)

#: Rules that would take words from plain text: indented verse, lines above a rule, notes.
_OFF = ["code", "html_block", "lheading", "reference"]
_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable(_OFF)

#: One without an end goes to the text's, so that nobody looks for that end again and again.
_HIDDEN_HTML = re.compile(
    r"<!--.*?(?:-->|(?P<open>\Z))|<(?P<tag>script|style)\b.*?(?:</(?P=tag)\s*>|(?P<left>\Z))",
    re.S | re.I,
)
#: Tags inside a sentence part words; those that dress a word do not.
_BREAKING_TAG = re.compile(r"</?(?!(?:a|b|em|i|s|span|strong|sub|sup|u)\b)", re.I)
_URL = re.compile(r"https?://(?:www\.)?([^\s/<>()\"'?#]+)[^\s<>()\"']*", re.I)
_REFERENCE = re.compile(r"^\[[^\]]+\]:\s+\S+://\S+.*$", re.M)
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]{1,200}\]:?")
_CHECKBOX = re.compile(r"^\[[ xX]\]\s+")
_STRAY = re.compile(
    r"\*{2,}|_{2,}|~{2,}|`+|(?<!\w)[*_]+|[*_]+(?!\w)|(?<!\S)(?:#{1,6}|>+|[-=]{3,})(?!\S)"
)
#: As Pandoc has it: no space inside, and no digit after the second sign, as sums of money have.
_INLINE_FORMULA = re.compile(r"(?<![\\$\w])\$(?![\s$])([^$\n]{1,200}?)(?<![\s\\])\$(?![\d$])")
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\U000e0020-\U000e007f\u20e3\ufe0e\ufe0f]+"
    "(?:\u200d[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f]+)*"
)
_LARGEST_LIST_NUMBER = 99


@dataclass(frozen=True)
class Block:
    """One stretch of plain text; `level` is 1 to 6 for headings, else 0.

    `shown` is what the text shows at its end, or with `at_start` at its start; a `figure` has
    no words of its own.
    """

    kind: Literal["heading", "paragraph", "item", "figure"]
    text: str
    level: int = 0
    shown: Visual | None = None
    at_start: bool = False


def blocks(text: str) -> list[Block]:
    """The blocks of a Markdown (or plain) text that have anything to say or to show."""
    tokens = _PARSER.parse(outside_fences(text, lambda part: fenced_formulas(_visible(part))))
    found: list[Block] = []
    items: list[str] = []
    cells: list[str] = []
    level = 0
    for index, token in enumerate(tokens):
        if token.type == "list_item_open":
            items.append(_number(tokens, index))
        elif token.type == "list_item_close":
            found.append(Block("item", items.pop().strip()))
        elif token.type == "heading_open":
            level = int(token.tag[1])
        elif token.type == "tr_close":
            found.append(Block("paragraph", ", ".join(filter(None, cells))))
            cells = []
        elif token.type == "fence":
            found.append(Block("figure", "", shown=of_fence(token)))
        elif token.type == "inline":
            plain = _clean(_inline(token))
            picture = of_picture(token.children or [])
            if tokens[index - 1].type in ("th_open", "td_open"):
                cells.append(plain)
            elif level:
                found.append(Block("heading", plain, level))
                level = 0
            else:
                kind: Literal["item", "paragraph"] = "item" if items else "paragraph"
                found.append(Block(kind, f"{''.join(items)}{plain}", shown=picture))
                items = [""] * len(items)
    return [block for block in map(_settled, found) if has_words(block.text) or block.shown]


def _settled(block: Block) -> Block:
    """A picture without words beside it is a figure."""
    return replace(block, kind="figure", text="") if not has_words(block.text) else block


def _visible(text: str) -> str:
    return _HIDDEN_HTML.sub(_shown, _REFERENCE.sub("", text))


def _shown(html: re.Match[str]) -> str:
    """Only what has an end is hidden: who forgets it loses no words."""
    return " " if html["open"] is None and html["left"] is None else html[0]


def has_words(text: str) -> bool:
    """Whether there is a letter or a digit to be spoken."""
    return any(char.isalnum() for char in text)


def plain(text: str) -> str:
    """The whole text in one line."""
    return " ".join(block.text for block in blocks(text) if block.text)


def without_marks(storyboard: Storyboard) -> Storyboard:
    """The storyboard with Markdown marks neither in what is spoken nor in what is shown.

    Raises:
        InvalidInput: naming a scene that consists of marks only.
    """
    return storyboard.model_copy(
        update={
            "title": plain(storyboard.title) or storyboard.title,
            "scenes": tuple(_unmarked(n, scene) for n, scene in enumerate(storyboard.scenes)),
        }
    )


def _unmarked(index: int, scene: Scene) -> Scene:
    narration = plain(scene.narration)
    if not narration:
        raise InvalidInput(
            f"storyboard.scenes.{index}.narration",
            f"Scene {index + 1} has nothing to speak, only marks.",
        )
    shown = plain(scene.on_screen_text)
    return scene.model_copy(update={"narration": narration, "on_screen_text": shown})


def _number(tokens: list[Token], index: int) -> str:
    """The number of an item that only looks like one, as in "1984. It was a bright day."."""
    number = tokens[index].info
    if not number:
        return ""
    alone = tokens[index - 1].type == "ordered_list_open" and _is_last(tokens, index)
    if int(number) > _LARGEST_LIST_NUMBER or (alone and number != "1"):
        return f"{number}{tokens[index].markup} "
    return ""


def _is_last(tokens: list[Token], index: int) -> bool:
    level = tokens[index].level
    for at in range(index + 1, len(tokens)):
        if tokens[at].type == "list_item_close" and tokens[at].level == level:
            return tokens[at + 1].type == "ordered_list_close"
    return True


def _inline(token: Token) -> str:
    parts: list[str] = []
    for child in token.children or []:
        if child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif child.type == "image":
            parts.append(" " if is_badge(child) else f" {child.content} ")
        elif child.type == "html_inline":
            parts.append(" " if _BREAKING_TAG.match(child.content) else "")
        else:
            parts.append(child.content)
    return "".join(parts)


def _clean(text: str) -> str:
    text = _INLINE_FORMULA.sub(lambda found: in_words(found[1]), html.unescape(text))
    text = _CHECKBOX.sub("", _FOOTNOTE.sub("", text.strip()))
    text = _URL.sub(r"\1", text)
    return " ".join(_STRAY.sub(" ", _EMOJI.sub(" ", text)).split())
