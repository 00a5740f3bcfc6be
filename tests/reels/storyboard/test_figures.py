"""Code, diagrams, formulas and pictures of a text are shown with the words beside them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reels.models import Scene, Storyboard
from reels.storyboard import storyboarder
from reels.storyboard.base import Brief
from reels.storyboard.captioned import MAX_FIGURES
from reels.storyboard.figures import outside_fences, reading_s
from reels.storyboard.markdown import blocks

CODE = "```python\nprint(1)\n```"
GRAPH = "```mermaid\ngraph TD\n  A --> B\n```"


def outline(text: str, **more: object) -> Storyboard:
    return storyboarder("outline").draft(Brief(text=text, **more))


def shown(text: str, **more: object) -> list[tuple[str, str]]:
    return [(scene.narration, scene.visual.kind) for scene in outline(text, **more).scenes]


@pytest.mark.parametrize(
    ("text", "kind", "spec"),
    [
        (CODE, "code", {"code": "print(1)", "language": "python"}),
        ("~~~\na\n\nb\n~~~", "code", {"code": "a\n\nb", "language": ""}),
        ("```{.Haskell}\nmain = x\n```", "code", {"code": "main = x", "language": "haskell"}),
        (GRAPH, "diagram", {"mermaid": "graph TD\n  A --> B"}),
        ("$$\nE = mc^2\n$$", "formula", {"latex": "E = mc^2"}),
        ("$$a+b$$", "formula", {"latex": "a+b"}),
        (r"\[ x \]", "formula", {"latex": "x"}),
        ("```math\nx\n```", "formula", {"latex": "x"}),
        ("![](https://a.example/b.png)", "image", {"url": "https://a.example/b.png", "alt": ""}),
    ],
)
def test_what_a_text_shows_becomes_a_visual(text: str, kind: str, spec: dict[str, str]) -> None:
    [block] = blocks(text)
    assert block.kind == "figure"
    assert block.shown is not None
    assert (block.shown.kind, block.shown.spec) == (kind, spec)


@pytest.mark.parametrize(
    "text",
    [
        "![Logo](logo.png)",
        "![Chart](https://a.example/b.svg)",
        "[![Here](https://a.example/b.png)](https://a.example)",
        "Words ![and a picture](https://a.example/b.png) in a line.",
        "It costs $5 and $$6$$ there.",
    ],
)
def test_what_cannot_be_shown_is_spoken_where_it_has_words(text: str) -> None:
    assert [(block.kind, block.shown) for block in blocks(text)] == [("paragraph", None)]


def test_a_figure_is_shown_with_the_words_that_lead_up_to_it() -> None:
    text = f"Here we go. This prints a number.\n\n{CODE}\n\nAnd this is what comes after it."
    told = shown(text)
    at = next(i for i, (_, kind) in enumerate(told) if kind == "code")
    assert told[at][0].endswith("This prints a number.")
    assert told[-1] == ("And this is what comes after it.", "slide")


def test_a_figure_below_a_heading_is_shown_while_the_heading_is_spoken() -> None:
    told = shown(f"# A talk\n\nIt starts.\n\n## Install it\n\n{CODE}\n\nDone.")
    assert ("Install it.", "code") in told


def test_a_figure_at_the_start_is_shown_with_the_first_words_after_it() -> None:
    assert shown(f"{CODE}\n\nThis prints one.") == [("This prints one.", "code")]


@pytest.mark.parametrize(
    ("language", "spoken"), [("en", "This is the code."), ("ru-RU", "Вот код."), ("xx", None)]
)
def test_a_figure_alone_is_shown_with_a_phrase(language: str, spoken: str | None) -> None:
    [(narration, kind)] = shown(CODE, language=language)
    assert kind == "code"
    assert narration == (spoken or "This is the code.")


def test_every_one_of_several_figures_has_a_scene_of_its_own() -> None:
    kinds = [kind for _, kind in shown(f"Look at this.\n\n{CODE}\n\n{GRAPH}\n\nThat was it.")]
    assert kinds == ["code", "diagram"]


def test_a_scene_lasts_as_long_as_its_code_takes_to_read() -> None:
    lines = "\n".join(f"line_{n}()" for n in range(18))
    [scene] = [s for s in outline(f"Read.\n\n```\n{lines}\n```").scenes if s.visual.kind == "code"]
    assert scene.hold_s == reading_s(scene.visual) == pytest.approx(8.0)
    assert scene.motion == "none"


def test_kinds_that_nobody_wants_are_left_out() -> None:
    assert shown(f"Look at this.\n\n{CODE}", visuals=("slide",)) == [("Look at this.", "slide")]


def test_a_text_of_many_figures_is_still_a_video() -> None:
    board = outline("\n\n".join(f"Step {n}.\n\n{CODE}" for n in range(80)))
    kinds = [scene.visual.kind for scene in board.scenes]
    assert kinds.count("code") == MAX_FIGURES
    assert " ".join(scene.narration for scene in board.scenes).count("Step") == 80


def test_very_long_code_is_shown_up_to_an_ellipsis() -> None:
    code = "\n".join(f"x{n} = {n}" for n in range(1000))
    [scene] = outline(f"```\n{code}\n```").scenes
    assert str(scene.visual.spec["code"]).endswith("\n…")
    assert len(str(scene.visual.spec["code"])) < 8_000


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="`~a\n $#-![]()\\", max_size=200))
def test_marks_of_all_kinds_in_any_order_lose_no_text_outside_of_figures(text: str) -> None:
    assert outside_fences(text, lambda part: part) == text
    assert all(block.shown or block.text for block in blocks(text))


def test_a_scene_holds_for_no_longer_than_a_minute() -> None:
    with pytest.raises(ValueError, match="hold_s"):
        Scene(narration="a", hold_s=61)


def test_the_signs_above_a_readme_are_neither_shown_nor_spoken() -> None:
    text = "[![Build](https://img.shields.io/x.svg)](https://a.example) ![Cov](https://a.b/badge/c)"
    assert blocks(f"{text}\n\nWords.")[0].text == "Words."


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("It is $O(n^2)$ at worst.", "It is O(n^2) at worst."),
        (r"Here $\alpha + \frac{1}{2}$ counts.", "Here alpha + frac 1 2 counts."),
        ("It costs $5 or $6, not $ 7 $.", "It costs $5 or $6, not $ 7 $."),
    ],
)
def test_a_formula_in_a_line_is_spoken_without_its_marks(text: str, spoken: str) -> None:
    assert blocks(text)[0].text == spoken


def test_a_long_heading_above_a_figure_is_spoken_once() -> None:
    heading = "A heading that is too long to stand above the scene that follows it"
    said = " ".join(words for words, _ in shown(f"# Title\n\nOn tea.\n\n## {heading}\n\n{CODE}"))
    assert said == f"On tea. {heading}"


def test_backticks_within_a_line_open_no_block() -> None:
    text = "```print``` is a word. <!-- nothing -->\n\n$$x^2$$\n\nMore words follow here."
    assert shown(text)[0] == ("print is a word.", "formula")
    assert "nothing" not in str(outline(text))


@pytest.mark.parametrize("lead", ["    ", "> ", "1. ", "- > "])
def test_code_in_lists_and_quotes_keeps_its_comments(lead: str) -> None:
    below = " " * len(lead) if lead[0] in "1-" else lead
    lines = ["```html", "<!-- note -->", "<b>x</b>", "```"]
    block = "\n".join((below if n else lead) + line for n, line in enumerate(lines))
    kept: list[str] = []
    outside_fences(f"1. Run:\n\n{block}\n\nEnd.", lambda part: kept.append(part) or part)
    assert "note" not in "".join(kept)
    assert "End." in "".join(kept)


def test_code_below_a_step_is_shown_whole() -> None:
    text = "1. Run this:\n\n    ```html\n    <!-- note --> <b>x</b>\n    ```\n\n2. Done."
    codes = [scene.visual.spec.get("code") for scene in outline(text).scenes]
    assert "<!-- note --> <b>x</b>" in str(codes[0])
