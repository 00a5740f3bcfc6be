"""What Gemini is told when it drafts: its part, its rules, and the material as data."""

from __future__ import annotations

from pydantic import JsonValue

from reels.models import MAX_NARRATION_CHARS, MAX_SCENES, Scene
from reels.storyboard.base import Brief, Revision
from reels.storyboard.grouping import WORDS_PER_S, Piece
from reels.storyboard.sentences import weight

_SCENE_S = 6.0
_USUAL_S = 40

#: What may be shown. An entry here and one in `gemini_shown.SPECS` add a kind.
KIND_RULES = {
    "slide": "`slide`: a designed page that shows `on_screen_text`. Give `bullets` (2 to 5, at "
    "most 60 characters each) only where the scene lists things.",
    "generated": "`generated`: a picture made from `picture`, which you write in English: one "
    "concrete moment with its subject, place, light and point of view, in at most 60 words. "
    "No letters, logos, brands or living persons in it. Describe what recurs in several scenes "
    "with the same words each time.",
    "stock_picture": "`stock_picture`: a photo from a stock library, found by `query`: one to five "
    "plain English words for what can be photographed, as a photographer would tag it.",
    "stock_clip": "`stock_clip`: film from a stock library, found by `query` as above: something "
    "that moves.",
    "code": "`code`: a piece of code, given as `code` (at most 25 lines of at most 60 characters) "
    "with the name of its language as `code_language`. Only where the words are about that code.",
    "diagram": "`diagram`: a drawing of parts and how they belong together, given as `mermaid`: "
    "Mermaid text (flowchart, sequenceDiagram, stateDiagram-v2, classDiagram, erDiagram, pie, "
    "gantt, mindmap or timeline) of at most 9 parts, with short labels in the language "
    "`language`, without styles, links or HTML. Only where the words name those parts.",
    "formula": "`formula`: a formula, given as `latex`: LaTeX's mathematics alone, without "
    "dollar signs. Only where the words are about that formula.",
}

_ROLE = """\
You are the writer and director of short vertical videos: a voice speaks, one picture stands
for each scene, captions run below. You answer with a storyboard as JSON.
"""

_COMMON = """\
- `title`: at most 70 characters, in the language `language`, without a full stop.
- `look`: one English sentence on medium, palette and light that suits `style` and `tone`. It
  is added to every picture of the video, so that all look as of one hand.
- `on_screen_text`: at most 60 characters, in the language `language`. It carries the scene's
  one point and does not repeat the spoken line word for word.
- `motion`: how the camera moves over the picture; never the same twice in a row.
- Plain text only: no Markdown, no emoji, no stage directions, no markup of any kind.
"""

_FROM_IDEA = """\
Write the video for `idea`.
- `narration` is what the voice says in one scene: one or two sentences of natural speech in
  the language `language`, in the tone `tone`, at most {chars} characters.
- The first scene is a hook: a surprising fact, a question or a bold claim about the subject,
  never a greeting and never "in this video". The last one rounds it off.
- Every scene says one thing that the one before it makes the listener want to know.
- Say only what is true and well known. Invent no figures, quotes or names.
- About {words} words are spoken in all, for {seconds} seconds, in about {scenes} scenes.
"""

_FROM_TEXT = """\
The voice speaks the whole text in `lines`, word for word and in order. You do not write what
is spoken: you choose which lines make a scene, and what is shown with them.
- Each scene speaks the lines `first` to `last`, by their numbers `n`. The first scene starts
  with line 1, every next one with the line after the last one's `last`, and the last scene
  ends with line {count}. No line is left out or spoken twice.
- A scene has about {ideal} words and at most {chars} characters; there are at most {most}
  scenes. Cut where a thought ends; do not join lines of different `section`s.
- A line with `shown` has its own picture: end the scene with that line.
"""

_REVISE = """\
`previous` is the storyboard that a person has looked at, and `comment` what they want changed.
Do what the comment asks, and nothing else. A scene that the comment does not touch is given as
{"keep": its number `scene` in `previous`} and nothing more; it is then taken over as it is. Keep
`title` and `look` too, unless the comment is about them.
"""


def instructions(brief: Brief, lines: list[Piece], *, revised: bool) -> str:
    """The rules for a draft; `lines` is empty when there is an idea."""
    seconds = brief.duration_s or _USUAL_S
    if lines:
        total = sum(weight(line.text) for line in lines)
        scenes = max(1.0, (brief.duration_s or total / WORDS_PER_S) / _SCENE_S)
        task = _FROM_TEXT.format(
            count=len(lines),
            ideal=round(min(20.0, max(8.0, total / scenes))),
            chars=MAX_NARRATION_CHARS,
            most=MAX_SCENES,
        )
    else:
        task = _FROM_IDEA.format(
            chars=MAX_NARRATION_CHARS // 2,
            words=round(wished_words(brief)),
            seconds=seconds,
            scenes=scene_count(brief),
        )
    kinds = [f"- {KIND_RULES[kind]}" for kind in kinds_of(brief)]
    shown = "`visual` is one of these kinds:\n" + "\n".join(kinds) + "\n"
    return "\n".join([_ROLE, task, _COMMON, shown, _REVISE if revised else ""]).strip() + "\n"


def material(
    brief: Brief, lines: list[Piece], revision: Revision | None, look: str
) -> dict[str, JsonValue]:
    """Everything that people wrote; `look` is that of the draft that was sent back."""
    told: dict[str, JsonValue] = {
        "language": brief.language,
        "style": brief.style or "modern, clear",
        "tone": brief.tone or "warm, matter-of-fact",
        "aspect": brief.aspect,
    }
    if lines:
        told["lines"] = [_line(number, line) for number, line in enumerate(lines, 1)]
    else:
        told["idea"] = brief.idea or ""
    if revision is not None:
        scenes = revision.storyboard.scenes
        told["previous"] = {
            "title": revision.storyboard.title,
            "look": look,
            "scenes": [_scene(number, scene) for number, scene in enumerate(scenes, 1)],
        }
        told["comment"] = revision.comment
    return told


def kinds_of(brief: Brief) -> tuple[str, ...]:
    """The kinds of the brief that Gemini can fill in; a slide when there is none."""
    return tuple(kind for kind in brief.visuals if kind in KIND_RULES) or ("slide",)


def wished_words(brief: Brief) -> float:
    """How many words fill the wished length."""
    return (brief.duration_s or _USUAL_S) * WORDS_PER_S


def scene_count(brief: Brief) -> int:
    """How many scenes fill the wished length."""
    return min(MAX_SCENES, max(2, round((brief.duration_s or _USUAL_S) / _SCENE_S)))


def _line(number: int, line: Piece) -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = {"n": number, "text": line.text}
    if line.shown:
        told["shown"] = line.shown.kind
    return told | {"section": line.section} if line.section else told


def _scene(number: int, scene: Scene) -> dict[str, JsonValue]:
    return {
        "scene": number,
        "narration": scene.narration,
        "on_screen_text": scene.on_screen_text,
        "visual": scene.visual.kind,
        "spec": scene.visual.spec,
        "motion": scene.motion,
    }
