"""The embedded storyboarder `outline`: works without a network or a model.

From a text it makes scenes of its sentences; every word is spoken once and in order, except
headings, which are shown: the first of level 1 is the title, the others stand above their
scenes. Code, diagrams, formulas and pictures of the text are shown with the words beside
them. From an idea it makes a plain outline of questions, without inventing facts. Of a
reviewer's comment it honours the few wishes that `comments` knows; `style` and `tone` are for
storyboarders that write.
"""

from __future__ import annotations

from itertools import takewhile

from pydantic import JsonValue

from reels.errors import InvalidInput
from reels.models import Motion, Scene, Storyboard, Visual
from reels.storyboard.base import Brief, Revision
from reels.storyboard.captioned import with_words
from reels.storyboard.comments import Wish, understand
from reels.storyboard.figures import reading_s
from reels.storyboard.grouping import IDEAL_WORDS, Piece, group
from reels.storyboard.headline import headline
from reels.storyboard.ideas import Line, outline_lines, points_for, template
from reels.storyboard.markdown import Block, blocks, has_words, plain
from reels.storyboard.pieces import MAX_TITLE_CHARS, pieces_of, title_of
from reels.storyboard.sentences import join, sentences, weight

_MOTIONS: tuple[Motion, ...] = (
    "zoom_in",
    "zoom_out",
    "zoom_in",
    "pan_left",
    "zoom_out",
    "pan_right",
)
_MAX_BULLETS, _MAX_BULLET_CHARS, _MAX_LIST_CHARS = 5, 90, 210
_LONGEST_IDEA_WORDS = 24
_SCENE_S = 6.0


class Outline:
    """See the module."""

    name = "outline"
    version = "3"

    def draft(self, brief: Brief, revision: Revision | None = None) -> Storyboard:
        """See `Storyboarder.draft`.

        Raises:
            InvalidInput: the idea or the text has no words.
        """
        wish = understand(revision.comment) if revision else Wish()
        if brief.text is not None:
            return _from_text(brief, brief.text, wish, revision)
        return _from_idea(brief, wish, revision)


def _from_text(brief: Brief, text: str, wish: Wish, revision: Revision | None) -> Storyboard:
    found = with_words(blocks(text), brief.language, brief.visuals)
    if not found:
        raise InvalidInput(
            "text",
            "The text has no words, only marks.",
            remedy="Give at least one sentence to speak.",
        )
    title, body = title_of(found)
    groups = group(pieces_of(body), _ideal_words(body, brief, wish, revision))
    first = headline(join([piece.text for piece in groups[0]]))
    name = wish.title or _kept_title(wish, revision) or title or first
    scenes = [_text_scene(pieces, name, index, len(groups)) for index, pieces in enumerate(groups)]
    return Storyboard(title=_clipped(name), language=brief.language, scenes=tuple(scenes))


def _kept_title(wish: Wish, revision: Revision | None) -> str:
    return revision.storyboard.title if revision and not wish.title else ""


def _ideal_words(body: list[Block], brief: Brief, wish: Wish, revision: Revision | None) -> float:
    """Words a scene: by the wished length, by the draft that was sent back, else as ever."""
    if revision is not None:
        scenes = revision.storyboard.scenes
        now = sum(weight(scene.narration) for scene in scenes) / len(scenes)
        return min(40.0, max(4.0, now * wish.pace))
    if brief.duration_s is None:
        return IDEAL_WORDS
    total = sum(weight(block.text) for block in body)
    return min(20.0, max(8.0, total / max(1.0, brief.duration_s / _SCENE_S)))


def _text_scene(pieces: list[Piece], title: str, index: int, count: int) -> Scene:
    narration = join([piece.text for piece in pieces])
    figure = next((piece.shown for piece in pieces if piece.shown), None)
    if figure:
        return _figure_scene(narration, pieces[0].section, figure, _motion(index, count))
    bullets = [piece.bullet for piece in pieces if piece.bullet]
    spec: dict[str, JsonValue] = {}
    section = pieces[0].section
    if section:
        spec["eyebrow"] = section
    shown = headline(narration)
    if _make_a_list(bullets):
        lead = list(takewhile(lambda piece: not piece.bullet, pieces))
        shown = headline(join([piece.text for piece in lead])) if lead else section
        spec = {"bullets": [*bullets], "layout": "list"}
        if section and shown != section:
            spec["eyebrow"] = section
    return Scene(
        narration=narration,
        on_screen_text=shown or _clipped(title),
        visual=Visual(kind="slide", spec=spec),
        motion=_motion(index, count),
    )


def _figure_scene(narration: str, section: str, figure: Visual, motion: Motion) -> Scene:
    """What the text shows, long enough to be read; what is read does not move."""
    return Scene(
        narration=narration,
        on_screen_text=section or headline(narration),
        visual=figure,
        motion=motion if figure.kind == "image" else "none",
        hold_s=reading_s(figure),
    )


def _make_a_list(bullets: list[str]) -> bool:
    return (
        2 <= len(bullets) <= _MAX_BULLETS
        and all(len(bullet) <= _MAX_BULLET_CHARS for bullet in bullets)
        and sum(map(len, bullets)) <= _MAX_LIST_CHARS
    )


def _from_idea(brief: Brief, wish: Wish, revision: Revision | None) -> Storyboard:
    idea = plain(brief.idea or "")
    if not has_words(idea):
        raise InvalidInput(
            "idea", "The idea has no words.", remedy="Say in a few words what the video is about."
        )
    found = template(brief.language)
    if found is None or weight(idea) > _LONGEST_IDEA_WORDS or len(idea) > 200:
        return _from_text(brief, idea, wish, revision)
    phrase = as_sentence(idea)
    points = points_for(found, phrase, brief.duration_s)
    if revision is not None:
        points = len(revision.storyboard.scenes) - 3 + wish.points
    lines = outline_lines(found, phrase, min(len(found.points), max(1, points)))
    name = wish.title or _kept_title(wish, revision) or phrase.rstrip(".")
    scenes = [_idea_scene(line, index, len(lines)) for index, line in enumerate(lines)]
    return Storyboard(title=_clipped(name), language=brief.language, scenes=tuple(scenes))


def as_sentence(idea: str) -> str:
    """The idea with a capital and one mark at its end."""
    idea = idea.rstrip(" ,;:—–-")
    closed = idea[-1] in ".!?…" or (idea[-1] in '»”")' and idea[-2:-1] in (".", "!", "?"))
    return idea[:1].upper() + idea[1:] + ("" if closed else ".")


def _idea_scene(line: Line, index: int, count: int) -> Scene:
    spec: dict[str, JsonValue] = {}
    if line.bullets:
        spec = {"bullets": [*line.bullets], "layout": "list"}
    return Scene(
        narration=line.narration,
        on_screen_text=line.shown.rstrip("."),
        visual=Visual(kind="slide", spec=spec),
        motion=_motion(index, count),
    )


def _motion(index: int, count: int) -> Motion:
    """In and out by turns with slow pans between, and out at the end; never twice alike."""
    if index == count - 1 and _MOTIONS[(index - 1) % len(_MOTIONS)] != "zoom_out":
        return "zoom_out"
    return _MOTIONS[index % len(_MOTIONS)]


def _clipped(title: str) -> str:
    """A title of at most 120 characters, cut between words."""
    if len(title) <= MAX_TITLE_CHARS:
        return title
    first = sentences(title)[0]
    if len(first) <= MAX_TITLE_CHARS:
        return first
    cut = title[: MAX_TITLE_CHARS - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:—–-") + "…"
