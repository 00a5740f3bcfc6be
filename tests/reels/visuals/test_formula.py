"""Formulas: mathematics is drawn inside its box, everything else is refused."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from reels.errors import InvalidInput, ProviderError
from reels.visuals.base import Canvas
from reels.visuals.formula import Formula
from reels.visuals.latex_text import alternatives, lines, normal

SMALL = Canvas(size_px=(360, 640), scene_count=3)
LINES = r"\begin{aligned} a &= b + c \\ &= d \\ &= e \end{aligned}"


def drawn(latex: str, to: Path, canvas: Canvas = SMALL, **more: object) -> Image.Image:
    path = Formula().draw({"latex": latex, **more}, canvas, to)  # type: ignore[dict-item]
    return Image.open(path).convert("RGB")


@pytest.mark.parametrize(
    "latex",
    [
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
        r"f(x) = \begin{cases} 1 & \text{если, für 中文} \\ 0 & \text{sonst} \end{cases}",
        r"\[ \int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2} \]",
    ],
)
def test_mathematics_is_drawn_in_its_size(latex: str, tmp_path: Path) -> None:
    assert drawn(latex, tmp_path / "a.png", title="Title").size == SMALL.size_px


@pytest.mark.parametrize(
    ("words", "sign"),
    [(r"\text{5\%}", r"5\%"), (r"\text{\&}", r"\&"), (r"$\text{5\$}$", r"5\$")],
)
def test_a_sign_in_words_is_drawn_as_outside_of_them(words: str, sign: str, tmp_path: Path) -> None:
    found = [drawn(latex, tmp_path / "a.png") for latex in (words, sign)]
    assert ImageChops.difference(*found).getbbox() is None


def test_words_may_hold_what_would_be_markup(tmp_path: Path) -> None:
    drawn(r"\text{a < b} = \text{<b>c</b>}", tmp_path / "a.png")


def test_the_same_spec_gives_the_same_bytes(tmp_path: Path) -> None:
    """Each drawing is made in a process of its own."""
    one, other = (Formula().draw({"latex": "x"}, SMALL, tmp_path / f"{n}.png") for n in "ab")
    assert one.read_bytes() == other.read_bytes()


def test_stages_are_the_lines_and_line_up(tmp_path: Path) -> None:
    """A later stage only adds: what differs from the whole lies below what is shown."""
    found = Formula().stages({"latex": LINES}, SMALL)
    assert [stage.text for stage in found] == ["a = b + c", "= d", "= e"]
    whole = drawn(LINES, tmp_path / "whole.png")
    last = Image.open(Formula().draw(found[-1].spec, SMALL, tmp_path / "last.png"))
    first = Image.open(Formula().draw(found[0].spec, SMALL, tmp_path / "first.png"))
    assert ImageChops.difference(whole, last.convert("RGB")).getbbox() is None
    box = ImageChops.difference(whole, first.convert("RGB")).getbbox()
    assert box is not None
    assert box[1] > SMALL.size_px[1] * 0.2


def test_a_long_formula_is_broken_at_its_relations() -> None:
    assert lines(alternatives("a = b + c = d")[1]) == ("a  & = b + c  ", " & = d")


@pytest.mark.parametrize(
    "latex",
    [
        r"\input{/etc/passwd}",
        r"\include{x}",
        r"\includegraphics{/etc/passwd}",
        r"\def\a{\a\a}\a",
        r"\newcommand{\a}{\a\a}\a",
        r"\let\a\b",
        r"\csname input\endcsname",
        r"\href{https://example.org}{x}",
        r"\write18{ls}",
        r"\begin{document}x\end{document}",
        r"\catcode`\@=11",
        "{" * 900 + "}" * 900,
        r"\left(" * 60 + "x" + r"\right)" * 60,
        "x" * 2001,
    ],
)
def test_what_is_not_mathematics_is_refused_at_the_door(latex: str) -> None:
    with pytest.raises(InvalidInput):
        Formula().check({"latex": latex})


@pytest.mark.slow
@pytest.mark.parametrize(
    "latex",
    [
        r"\unknowncommand{x}",
        r"\frac{a",
        r"\left( x",
        r"\hspace{99999em} x",
        r"x^{" * 12 + "x" + "}" * 12 + "&" * 900,
        r"\frac{" * 30 + "x" + "}{x}" * 30,
        r"\sqrt{" * 39 + "x" + "}" * 39,
        "x" * 2000,
        r"\int" * 500,
        r"\begin{matrix}" + "&" * 900 + r"\\" * 400 + r"\end{matrix}",
        "   ",
    ],
)
def test_what_cannot_be_drawn_ends_in_time(latex: str, tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises((InvalidInput, ProviderError)):
        drawn(latex, tmp_path / "a.png")
    assert time.monotonic() - started < 10.5


def test_an_unknown_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"\\unknowncommand is not known"):
        drawn(r"\unknowncommand{x}", tmp_path / "a.png")


def test_colours_of_the_text_give_way_to_the_palette() -> None:
    assert "color" not in normal(r"\color{red} x + \textcolor{blue}{y}")
