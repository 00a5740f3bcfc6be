"""Sets text: measures by the real faces, wraps into even lines, fits a box, draws.

A text is drawn in the wanted weight with stand-ins for letters that it lacks, so a line may
be of several runs. Pillow with raqm shapes each run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from PIL import ImageDraw, ImageFont

from reels.fonts import Run, Weight, runs
from reels.visuals.breaks import Token, clusters, is_rtl, may_space_letters, needs_room, tokens
from reels.visuals.theme import Colour

#: Widths are measured once at this size and scaled; a line is measured again as it is set.
_REFERENCE_PX = 200
_ASCENT, _DESCENT = 0.97, 0.25
_ROOMY = 1.3
_TINIEST_PX = 6
_NEVER = float("inf")
#: Widths grow not quite in step with the size, so a line may need a narrower measure.
_SQUEEZES = (1.0, 0.97, 0.92, 0.8)


@dataclass(frozen=True)
class Block:
    """Lines of one size. Sizes are in pixels; `whole_words` when no word had to be cut."""

    lines: tuple[str, ...]
    weight: Weight
    size_px: int
    line_px: int
    width_px: int
    rtl: bool
    whole_words: bool

    @property
    def height_px(self) -> int:
        """From the ascender of the first line to the descender of the last."""
        if not self.lines:
            return 0
        return (len(self.lines) - 1) * self.line_px + round(self.size_px * (_ASCENT + _DESCENT))


@lru_cache(maxsize=256)
def _font(path: str, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size_px, layout_engine=ImageFont.Layout.RAQM)


@lru_cache(maxsize=4096)
def line_width(text: str, weight: Weight, size_px: int) -> float:
    """The width of one line in pixels."""
    return sum(_font(str(run.face.path), size_px).getlength(run.text) for run in runs(text, weight))


def _unit_width(text: str, weight: Weight) -> float:
    return line_width(text, weight, _REFERENCE_PX) / _REFERENCE_PX


def set_block(
    text: str,
    weight: Weight,
    size_px: int,
    width_px: int,
    leading: float,
    *,
    even: bool = True,
) -> Block:
    """`text` in lines of at most `width_px`; words wider than that are cut.

    `even` makes the lines of like length; without it they are as full as can be, which takes
    the same number of lines and less time.
    """
    pieces = tokens(text)
    for squeeze in _SQUEEZES:
        measure = width_px / size_px * squeeze
        narrow, whole = _narrow(pieces, weight, measure)
        lines = _wrap(narrow, weight, measure)
        if even and len(lines) > 1:
            lines = _evened(narrow, weight, measure, len(lines))
        widest = max((line_width(line, weight, size_px) for line in lines), default=0.0)
        if widest <= width_px:
            break
    roomy = _ROOMY if needs_room(text) else 1.0
    return Block(
        lines=tuple(lines),
        weight=weight,
        size_px=size_px,
        line_px=round(size_px * leading * roomy),
        width_px=round(widest + 0.5),
        rtl=is_rtl(text),
        whole_words=whole,
    )


def largest(
    make: Callable[[int], tuple[bool, bool]], largest_px: int, smallest_px: int, comfortable_px: int
) -> int:
    """The largest size for which `make(size)` says that all fits.

    `make` answers (fits, whole words). A size that keeps words whole is preferred as long as
    it is at least `comfortable_px`. Under `smallest_px` the search goes on only because text
    may never be cut; texts within the limits of the slides do not get there.
    """
    first_fit = 0
    size = largest_px
    while size > _TINIEST_PX:
        fits, whole = make(size)
        if fits and whole:
            return size
        first_fit = first_fit or (size if fits else 0)
        if first_fit and size < comfortable_px:
            return first_fit
        step = max(1, size // 24)
        size = max(size - step, smallest_px) if size > smallest_px else size - 1
    return first_fit or _TINIEST_PX


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
        baseline = y0 + round(_ASCENT * block.size_px) + index * block.line_px
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
        font = _font(str(run.face.path), block.size_px)
        mirrored = block.rtl and not any(c.isalnum() for c in run.text)
        direction = "rtl" if mirrored else None
        draw.text((x, baseline), run.text, fill=fill, font=font, anchor="ls", direction=direction)
        x += font.getlength(run.text)
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


def _narrow(pieces: list[Token], weight: Weight, width: float) -> tuple[list[Token], bool]:
    """Pieces none of which is wider than `width` (in sizes), and whether none was cut."""
    found: list[Token] = []
    whole = True
    for token in pieces:
        if _unit_width(token.text, weight) <= width:
            found.append(token)
            continue
        words = token.text.split()
        for index, word in enumerate(words):
            spaced = token.spaced if index == 0 else True
            if _unit_width(word, weight) <= width:
                found.append(Token(word, spaced))
                continue
            whole = False
            parts = _cut(word, weight, width)
            found += [Token(part, spaced and n == 0) for n, part in enumerate(parts)]
    return found, whole


def _cut(word: str, weight: Weight, width: float) -> list[str]:
    """As few parts as `width` allows, of like width."""
    parts = _filled(word, weight, width)
    target = _unit_width(word, weight) / len(parts)
    while target < width:
        even = _filled(word, weight, target)
        if len(even) <= len(parts):
            return even
        target *= 1.04
    return parts


def _filled(word: str, weight: Weight, width: float) -> list[str]:
    parts: list[str] = []
    for letter in clusters(word):
        if parts and _unit_width(parts[-1] + letter, weight) <= width:
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts


def _wrap(pieces: list[Token], weight: Weight, width: float) -> list[str]:
    space = _unit_width(" ", weight)
    lines: list[str] = []
    used = 0.0
    for token in pieces:
        gap = space if token.spaced else 0.0
        size = _unit_width(token.text, weight)
        if lines and used + gap + size <= width:
            lines[-1] += (" " if token.spaced else "") + token.text
            used += gap + size
        else:
            lines.append(token.text)
            used = size
    return lines


def _evened(pieces: list[Token], weight: Weight, width: float, count: int) -> list[str]:
    """The split into `count` lines with the least sum of squared slack; short last lines cost."""
    space = _unit_width(" ", weight)
    sizes = [_unit_width(token.text, weight) for token in pieces]
    total = len(pieces)
    best: list[tuple[float, tuple[int, ...]]] = [(_NEVER, ())] * (total + 1)
    best[0] = (0.0, ())
    for line in range(count):
        following: list[tuple[float, tuple[int, ...]]] = [(_NEVER, ())] * (total + 1)
        for start in range(total):
            cost, cuts = best[start]
            if cost == _NEVER:
                continue
            used = -space
            for end in range(start, total):
                used += sizes[end] + (space if pieces[end].spaced or end == start else 0.0)
                if used > width and end > start:
                    break
                slack = (width - used) / width * (0.7 if line == count - 1 else 1.0)
                if cost + slack * slack < following[end + 1][0]:
                    following[end + 1] = (cost + slack * slack, (*cuts, end + 1))
        best = following
    cost, cuts = best[total]
    if cost == _NEVER:
        return _wrap(pieces, weight, width)
    starts = (0, *cuts[:-1])
    return [_joined(pieces[a:b]) for a, b in zip(starts, cuts, strict=True)]


def _joined(pieces: list[Token]) -> str:
    rest = "".join((" " if token.spaced else "") + token.text for token in pieces[1:])
    return pieces[0].text + rest
