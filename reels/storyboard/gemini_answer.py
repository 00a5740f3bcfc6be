"""Gemini's answer as a storyboard: its schema, its checks, and what is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, Field, JsonValue

from reels.cloud.gemini_json import Unusable
from reels.models import MAX_NARRATION_CHARS, MAX_SCENES, Motion, Scene, Storyboard, Visual
from reels.storyboard.base import Brief, Revision
from reels.storyboard.figures import reading_s
from reels.storyboard.gemini_prompt import kinds_of, wished_words
from reels.storyboard.gemini_shown import FIELDS, READ, AnswerScene, clipped, visual_of
from reels.storyboard.grouping import Piece, group
from reels.storyboard.markdown import plain
from reels.storyboard.sentences import join, weight

_MOTIONS: tuple[Motion, ...] = get_args(Motion)
#: How far the spoken words may be from the wished length before they are asked for again.
_SHORTEST, _LONGEST = 0.6, 1.5
_MAX_LOOK_CHARS = 300


class Answer(BaseModel):
    """The whole answer."""

    title: str
    look: str = ""
    scenes: tuple[AnswerScene, ...] = Field(min_length=1, max_length=MAX_SCENES)


def schema(brief: Brief, *, spoken: bool, revised: bool) -> dict[str, Any]:
    """The response schema; with `spoken` the lines are given and only chosen from."""
    text = {"type": "STRING"}
    number = {"type": "INTEGER"}
    kinds = list(kinds_of(brief))
    said = {"first": number, "last": number} if spoken else {"narration": text}
    properties: dict[str, Any] = {
        **({"keep": number} if revised else {}),
        **said,
        "on_screen_text": text,
        "visual": {"type": "STRING", "enum": kinds},
        "motion": {"type": "STRING", "enum": list(_MOTIONS)},
    }
    if "slide" in kinds:
        properties["bullets"] = {"type": "ARRAY", "items": text}
    properties |= {field: text for kind in kinds for field in FIELDS.get(kind, ())}
    scene: dict[str, Any] = {"type": "OBJECT", "properties": properties}
    if not revised:
        scene["required"] = [*said, "on_screen_text", "visual", "motion"]
    return {
        "type": "OBJECT",
        "properties": {
            "title": text,
            "look": text,
            "scenes": {"type": "ARRAY", "items": scene, "minItems": 1, "maxItems": MAX_SCENES},
        },
        "required": ["title", "scenes"],
    }


def storyboard_of(
    value: JsonValue, brief: Brief, lines: list[Piece], revision: Revision | None
) -> Storyboard:
    """The answer as a storyboard that keeps all rules.

    With `lines` every one of them is spoken once and in order, as it is.

    Raises:
        Unusable, ValidationError: it breaks a rule.
    """
    answer = Answer.model_validate(value)
    before = revision.storyboard.scenes if revision else ()
    look = clipped(answer.look, _MAX_LOOK_CHARS) or look_of(before)
    before = tuple(_with_look(scene, look) for scene in before)
    kinds = kinds_of(brief)
    if lines:
        scenes = _of_text(answer, look, kinds, lines, before)
    else:
        scenes = [_of_idea(each, look, kinds, before) for each in answer.scenes]
    if len(scenes) > MAX_SCENES:
        raise Unusable(f"it has {len(scenes)} scenes, more than {MAX_SCENES}.")
    found = Storyboard(
        title=plain(answer.title) or answer.title, language=brief.language, scenes=tuple(scenes)
    )
    if not lines and brief.duration_s is not None and revision is None:
        _check_length(found, brief)
    return found


def look_of(scenes: tuple[Scene, ...]) -> str:
    """The look that the generated pictures of a storyboard share."""
    drawn = (scene.visual.spec for scene in scenes if scene.visual.kind == "generated")
    return next((str(spec["style"]) for spec in drawn if spec.get("style")), "")


def _with_look(scene: Scene, look: str) -> Scene:
    """Another look is one for all pictures, also for those that are kept."""
    if scene.visual.kind != "generated" or not look:
        return scene
    drawn = Visual(kind="generated", spec={**scene.visual.spec, "style": look})
    return scene.model_copy(update={"visual": drawn})


def _of_idea(
    given: AnswerScene, look: str, kinds: tuple[str, ...], before: tuple[Scene, ...]
) -> Scene:
    if given.keep is not None:
        return _kept(given.keep, before)
    narration = plain(given.narration)
    if not narration:
        raise Unusable("a scene has no `narration`.")
    return _scene(given, narration, visual_of(given, look, kinds))


def _of_text(
    answer: Answer,
    look: str,
    kinds: tuple[str, ...],
    lines: list[Piece],
    before: tuple[Scene, ...],
) -> list[Scene]:
    scenes: list[Scene] = []
    spoken = 0
    for given in answer.scenes:
        if given.keep is not None:
            kept = _kept(given.keep, before)
            spoken = _end_of(kept, lines, spoken)
            scenes.append(kept)
            continue
        if given.first != spoken + 1 or not given.last or given.last < given.first:
            raise Unusable(
                f"a scene speaks the lines {given.first} to {given.last}, "
                f"but line {spoken + 1} is next."
            )
        chosen = lines[spoken : given.last]
        spoken = given.last
        scenes += [_spoken_scene(given, part, look, kinds) for part in _parts(chosen)]
    if spoken != len(lines):
        raise Unusable(f"the lines end at {spoken}, but there are {len(lines)}.")
    return scenes


def _parts(chosen: list[Piece]) -> list[list[Piece]]:
    """The lines of one scene; of one that is too long to speak or shows two things, several."""
    figures = sum(line.shown is not None for line in chosen)
    if len(join([line.text for line in chosen])) <= MAX_NARRATION_CHARS and figures < 2:
        return [chosen]
    return group(chosen)


def _end_of(kept: Scene, lines: list[Piece], start: int) -> int:
    """The number of the line that a kept scene ends with."""
    for end in range(start + 1, len(lines) + 1):
        said = join([line.text for line in lines[start:end]])
        if _compact(said) == _compact(kept.narration):
            return end
        if len(said) > MAX_NARRATION_CHARS:
            break
    raise Unusable(f"a kept scene does not speak line {start + 1}, which is next.")


def _spoken_scene(
    given: AnswerScene, part: list[Piece], look: str, kinds: tuple[str, ...]
) -> Scene:
    narration = join([line.text for line in part])
    figure = next((line.shown for line in part if line.shown), None)
    if figure:
        return _scene(given, narration, figure)
    visual = visual_of(given, look, kinds)
    if visual.kind == "slide" and part[0].section:
        visual = Visual(kind="slide", spec={**visual.spec, "eyebrow": part[0].section})
    return _scene(given, narration, visual)


def _kept(number: int, before: tuple[Scene, ...]) -> Scene:
    if not 1 <= number <= len(before):
        raise Unusable(f"it keeps scene {number}; there are {len(before)} to keep.")
    return before[number - 1]


def _scene(given: AnswerScene, narration: str, visual: Visual) -> Scene:
    motion: Mapping[str, Any] = {"motion": given.motion} if given.motion in _MOTIONS else {}
    return Scene(
        narration=narration,
        on_screen_text=plain(given.on_screen_text),
        visual=visual,
        hold_s=reading_s(visual),
        # What is read does not move.
        **({"motion": "none"} if visual.kind in READ else motion),
    )


def _check_length(found: Storyboard, brief: Brief) -> None:
    spoken = sum(weight(scene.narration) for scene in found.scenes)
    wished = wished_words(brief)
    if not _SHORTEST <= spoken / wished <= _LONGEST:
        raise Unusable(
            f"{round(spoken)} words are spoken; for {brief.duration_s} seconds there should be "
            f"about {round(wished)}.",
            instead=found,
        )


def _compact(text: str) -> str:
    return "".join(text.split())
