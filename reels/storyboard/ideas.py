"""Plain outlines from an idea alone, in hand-written words that are true of any idea.

Nothing is claimed about the idea: the lines ask, point and invite, and leave the facts to the
person who edits the draft. Languages without a template get the idea in its own words.
"""

from __future__ import annotations

from dataclasses import dataclass

from reels.storyboard.grouping import WORDS_PER_S
from reels.storyboard.sentences import weight


@dataclass(frozen=True)
class Line:
    """One scene: what is said, what is shown, and bullets if there are any."""

    narration: str
    shown: str
    bullets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Template:
    """A video's lines in one language. `{idea}` is the idea as the user put it.

    `points` are in the order in which they are taken as the video gets longer; they are spoken
    in the order of the numbers in `order`.
    """

    hook: str
    why: Line
    points: tuple[Line, ...]
    closing: Line


ENGLISH = Template(
    hook="{idea} Let's take a closer look.",
    why=Line(
        "Why does it matter? Because how we see it decides what we do about it.",
        "Why does it matter?",
    ),
    points=(
        Line(
            "First, what do we actually know, and what do we only assume?",
            "What do we know?",
            ("What we know", "What we assume"),
        ),
        Line(
            "Second, find one example: small, concrete, easy to picture.",
            "Find one example",
        ),
        Line(
            "Third, turn it around: what would have to happen to change our minds?",
            "What would change our minds?",
        ),
        Line(
            "Then ask who sees it differently, and listen to their best reason.",
            "Who sees it differently?",
        ),
        Line(
            "Look at the first step too: what could somebody try this week?",
            "What is the first step?",
        ),
        Line(
            "And keep what is still open: an honest question is worth more than a quick answer.",
            "What is still open?",
        ),
    ),
    closing=Line("And you: what would you add? Tell us in the comments.", "What would you add?"),
)

RUSSIAN = Template(
    hook="{idea} Давайте посмотрим поближе.",
    why=Line(
        "Почему это важно? Потому что от взгляда зависит, что мы будем делать дальше.",
        "Почему это важно?",
    ),
    points=(
        Line(
            "Во-первых, что мы знаем точно, а что только предполагаем?",
            "Что мы знаем точно?",
            ("Что мы знаем", "Что предполагаем"),
        ),
        Line(
            "Во-вторых, найдём один пример: простой и такой, чтобы его легко было представить.",
            "Найдём один пример",
        ),
        Line(
            "В-третьих, посмотрим с другой стороны: что заставило бы нас передумать?",
            "Что заставило бы нас передумать?",
        ),
        Line(
            "Спросим и тех, кто видит это иначе, и выслушаем их лучший довод.",
            "Кто видит это иначе?",
        ),
        Line(
            "Подумаем о первом шаге: что можно попробовать уже на этой неделе?",
            "Каким будет первый шаг?",
        ),
        Line(
            "И отметим, что осталось неясным: честный вопрос лучше поспешного ответа.",
            "Что осталось неясным?",
        ),
    ),
    closing=Line("А что добавили бы вы? Напишите в комментариях.", "Что добавили бы вы?"),
)

TEMPLATES: dict[str, Template] = {"en": ENGLISH, "ru": RUSSIAN}

DEFAULT_POINTS = 3


def template(language: str) -> Template | None:
    """The template of a language tag such as `en-GB`, or None."""
    return TEMPLATES.get(language.split("-")[0])


def outline_lines(found: Template, idea: str, points: int) -> list[Line]:
    """The lines about an idea that is a whole sentence, with so many points."""
    hook = Line(found.hook.format(idea=idea), idea)
    return [hook, found.why, *found.points[:points], found.closing]


def points_for(found: Template, idea: str, duration_s: int | None) -> int:
    """How many points bring the spoken outline nearest to `duration_s`."""
    if duration_s is None:
        return DEFAULT_POINTS

    def missed_by(points: int) -> float:
        lines = outline_lines(found, idea, points)
        return abs(sum(weight(line.narration) for line in lines) / WORDS_PER_S - duration_s)

    return min(range(1, len(found.points) + 1), key=missed_by)
