"""Draws wrapped text: runs of several faces, emphasis, right-to-left lines, spaced labels."""

from __future__ import annotations

from PIL import ImageDraw

from reels.fonts import Run, Weight, runs
from reels.scripts import clusters, is_rtl
from reels.typography.breaks import may_space_letters
from reels.typography.wrap import ASCENT, Block, font, line_width

#: Red, green and blue, 0 to 255.
Colour = tuple[int, int, int]


def draw_block(
    draw: ImageDraw.ImageDraw,
    block: Block,
    x0: int,
    y0: int,
    width_px: int,
    colour: Colour,
    emphasis: str = "",
    emphasis_colour: Colour | None = None,
) -> None:
    """Draw with the first ascender at `y0`, from the left of the box (or its right for RTL)."""
    marks = _marked(block.lines, emphasis)
    for index, (line, marked) in enumerate(zip(block.lines, marks, strict=True)):
        x = float(x0)
        if block.rtl:
            x = x0 + width_px - line_width(line, block.weight, block.size_px)
        baseline = y0 + round(ASCENT * block.size_px) + index * block.line_px
        for piece, is_marked in _stretches(line, marked, block.rtl):
            fill = emphasis_colour if is_marked and emphasis_colour else colour
            x = _draw_line(draw, piece, block, x, baseline, fill)


def draw_label(
    draw: ImageDraw.ImageDraw,
    text: str,
    weight: Weight,
    size_px: int,
    x: int,
    baseline: int,
    colour: Colour,
    *,
    tracking_px: float = 0.0,
) -> None:
    """One line on a baseline, letters `tracking_px` apart where the script allows it."""
    block = Block((text,), weight, size_px, size_px, 0, is_rtl(text), True)
    if not tracking_px or not may_space_letters(text):
        _draw_line(draw, text, block, x, baseline, colour)
        return
    place = float(x)
    for cluster in clusters(text):
        place = _draw_line(draw, cluster, block, place, baseline, colour) + tracking_px


def label_width(text: str, weight: Weight, size_px: int, tracking_px: float = 0.0) -> float:
    """The width of `draw_label`'s line in pixels."""
    if not tracking_px or not may_space_letters(text):
        return line_width(text, weight, size_px)
    return sum(line_width(c, weight, size_px) + tracking_px for c in clusters(text)) - tracking_px


def _draw_line(
    draw: ImageDraw.ImageDraw, line: str, block: Block, x: float, baseline: int, fill: Colour
) -> float:
    for run in _visual_order(line, block):
        face = font(str(run.face.path), block.size_px)
        mirrored = block.rtl and not any(c.isalnum() for c in run.text)
        direction = "rtl" if mirrored else None
        draw.text((x, baseline), run.text, fill=fill, font=face, anchor="ls", direction=direction)
        x += face.getlength(run.text)
    return x


def _visual_order(line: str, block: Block) -> list[Run]:
    found = runs(line, block.weight)
    if not block.rtl:
        return found
    apart: list[Run] = []
    for run in found:
        body = run.text.rstrip()
        apart += [Run(part, run.face) for part in (body, run.text[len(body) :]) if part]
    return apart[::-1]


def _stretches(line: str, marked: list[bool], rtl: bool) -> list[tuple[str, bool]]:
    if rtl or not any(marked):
        return [(line, any(marked) and all(marked))]
    found: list[tuple[str, bool]] = []
    for char, mark in zip(line, marked, strict=True):
        if found and (found[-1][1] == mark or char == " "):
            found[-1] = (found[-1][0] + char, found[-1][1])
        else:
            found.append((char, mark))
    return found


def _marked(lines: tuple[str, ...], phrase: str) -> list[list[bool]]:
    """For each character of each line, whether it is of `phrase`; spaces do not count."""
    wanted = "".join(phrase.split())
    at = "".join("".join(lines).split()).find(wanted) if wanted else -1
    found: list[list[bool]] = []
    place = 0
    for line in lines:
        marks: list[bool] = []
        for char in line:
            marks.append(at >= 0 and at <= place < at + len(wanted))
            place += not char.isspace()
        found.append(marks)
    return found
