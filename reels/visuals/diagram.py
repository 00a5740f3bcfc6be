"""The visual kind `diagram`: Mermaid's text on a calm card."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from pydantic import Field, JsonValue

from reels.models import Model, Text
from reels.visuals.base import Canvas, Stage
from reels.visuals.board import Board, Words, draw_board, make_board, stages_of
from reels.visuals.mermaid_look import look, tries
from reels.visuals.mermaid_parts import parts, transitions
from reels.visuals.mermaid_text import FIELD, Diagram, read
from reels.visuals.picture import parse_spec, save_png

MAX_MERMAID_CHARS = 6000
#: The size of the letters on a picture whose shorter side is 1080 px.
_LEAST_PX, _MOST_PX = 28, 46
#: A diagram needs the room more than its title does.
_TITLE_PX, _PAD_PX = 60, 18
_HEAD_CHARS = 48
#: Letters of this share of the largest size are large enough to try no other layout.
_ENOUGH = 0.72


class DiagramSpec(Model):
    """`mermaid` is a diagram's text. The first `shown` of its parts are seen, or all. `eyebrow`,
    `palette` and `seed` are as in a slide; an empty `title` is the diagram's own."""

    mermaid: str = Field(min_length=1, max_length=MAX_MERMAID_CHARS)
    title: Text = Field(default="", max_length=120)
    shown: int | None = Field(default=None, ge=1, le=64)
    eyebrow: Text = Field(default="", max_length=48)
    palette: str = Field(default="", max_length=24)
    seed: str = Field(default="", max_length=120)


class MermaidDiagram:
    """Draws a `DiagramSpec`."""

    kind = "diagram"
    version = "2"

    def check(self, spec: dict[str, JsonValue]) -> None:
        """Refuse at the door what could only fail later. Raises `InvalidInput`."""
        read(parse_spec(DiagramSpec, spec).mermaid)

    def stages(self, spec: dict[str, JsonValue], canvas: Canvas) -> tuple[Stage, ...]:  # noqa: ARG002
        """One for each part, each with the parts before it."""
        found = parts(read(parse_spec(DiagramSpec, spec).mermaid))
        return stages_of(spec, [part.words for part in found])

    def draw(self, spec: dict[str, JsonValue], canvas: Canvas, to: Path) -> Path:
        """See `VisualKind.draw`."""
        parsed = parse_spec(DiagramSpec, spec)
        return save_png(draw_diagram(parsed, canvas), to)


def draw_diagram(spec: DiagramSpec, canvas: Canvas) -> Image.Image:
    """The page as an RGB picture of `canvas.size_px`.

    Raises:
        InvalidInput: the text is wrong, hostile, of a kind that is not drawn, or too large.
        ProviderError: it could not be drawn in time.
    """
    from reels.vector import sandbox

    diagram = read(spec.mermaid)
    boards = _boards(spec, spec.title or diagram.title, canvas)
    metrics, palette = boards[0].metrics, boards[0].palette
    task = {
        "kind": diagram.kind,
        "tries": tries(diagram, metrics, palette, boards[0].room_px),
        "css": look(palette)[1],
        "boxes_px": [board.room_px for board in boards],
        "size_px": (metrics.px(_LEAST_PX), metrics.px(_MOST_PX)),
        "least_share": _ENOUGH,
        "show": _shown(diagram, spec.shown),
    }
    drawing = sandbox.draw("diagram_worker", task, FIELD)
    board = boards[drawing.facts["box"]]
    return draw_board(board, Image.open(BytesIO(drawing.png)).convert("RGBA"))


def _boards(spec: DiagramSpec, title: str, canvas: Canvas) -> list[Board]:
    """With the title above the drawing; then, for large ones, with the title as running head."""
    words = Words(title, "", spec.eyebrow, spec.palette, spec.seed)
    found = [make_board(words, canvas, title_px=_TITLE_PX, pad_px=_PAD_PX)]
    if title:
        head = title if len(title) <= _HEAD_CHARS else spec.eyebrow
        small = Words("", "", head, spec.palette, spec.seed)
        found.append(make_board(small, canvas, pad_px=_PAD_PX))
    return found


def _shown(diagram: Diagram, shown: int | None) -> dict[str, Any] | None:
    """What is hidden: the names of nodes, and how many messages are seen."""
    found = parts(diagram)
    if shown is None or shown >= len(found):
        return None
    seen = [name for part in found[:shown] for name in part.names]
    later = [name for part in found[shown:] for name in part.names]
    return {"messages": len(seen), "hidden": later, "edges": transitions(diagram)}
