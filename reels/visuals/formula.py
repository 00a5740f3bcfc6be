"""The visual kind `formula`: LaTeX's mathematics on a calm card."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image
from pydantic import Field, JsonValue

from reels.models import Model, Text
from reels.visuals.base import Canvas, Stage
from reels.visuals.board import Words, draw_board, make_board, stages_of
from reels.visuals.latex_text import FIELD, alternatives, lines, normal, spoken
from reels.visuals.picture import parse_spec, save_png

MAX_LATEX_CHARS = 2000
#: The size of the letters on a picture whose shorter side is 1080 px. Indices have 0.7 of it,
#: and so no less than 28 px.
_LEAST_PX, _MOST_PX = 40, 120
_MAX_STAGES = 8


class FormulaSpec(Model):
    """`latex` is display mathematics: matrices, cases, aligned lines. The first `shown` of its
    lines are seen, or all. `eyebrow`, `palette` and `seed` are as in a slide."""

    latex: str = Field(min_length=1, max_length=MAX_LATEX_CHARS)
    title: Text = Field(default="", max_length=120)
    caption: Text = Field(default="", max_length=160)
    eyebrow: Text = Field(default="", max_length=48)
    palette: str = Field(default="", max_length=24)
    seed: str = Field(default="", max_length=120)
    shown: int | None = Field(default=None, ge=1, le=64)


class Formula:
    """Draws a `FormulaSpec`."""

    kind = "formula"
    version = "2"

    def check(self, spec: dict[str, JsonValue]) -> None:
        """Refuse at the door what could only fail later. Raises `InvalidInput`."""
        normal(parse_spec(FormulaSpec, spec).latex)

    def stages(self, spec: dict[str, JsonValue], canvas: Canvas) -> tuple[Stage, ...]:  # noqa: ARG002
        """One for each line of the formula, each with the lines before it."""
        parsed = parse_spec(FormulaSpec, spec)
        rows = lines(normal(parsed.latex))
        if len(rows) > _MAX_STAGES:
            rows = (" ".join(rows),)
        return stages_of(spec, [spoken(row) for row in rows])

    def draw(self, spec: dict[str, JsonValue], canvas: Canvas, to: Path) -> Path:
        """See `VisualKind.draw`."""
        parsed = parse_spec(FormulaSpec, spec)
        return save_png(draw_formula(parsed, canvas), to)


def draw_formula(spec: FormulaSpec, canvas: Canvas) -> Image.Image:
    """The page as an RGB picture of `canvas.size_px`.

    Raises:
        InvalidInput: the LaTeX is wrong, hostile or too large.
        ProviderError: it could not be drawn in time.
    """
    from reels.vector import sandbox

    latex = normal(spec.latex)
    words = Words(spec.title, spec.caption, spec.eyebrow, spec.palette, spec.seed)
    board = make_board(words, canvas)
    task = {
        "latex": alternatives(latex),
        "box_px": board.room_px,
        "size_px": (board.metrics.px(_LEAST_PX), board.metrics.px(_MOST_PX)),
        "colour": "#{:02x}{:02x}{:02x}".format(*board.palette.ink),
        "shown": spec.shown,
    }
    drawing = sandbox.draw("formula_worker", task, FIELD)
    return draw_board(board, Image.open(BytesIO(drawing.png)).convert("RGBA"))
