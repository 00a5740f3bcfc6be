"""Where a piece of code stands: its heading, its card, the largest letters, its pages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from reels.fonts import drawable
from reels.safe_area import Box, safe_area
from reels.typography.wrap import Block, line_width, set_block
from reels.visuals.code_pages import fewest, pages_of
from reels.visuals.code_rows import Row, columns_of, settable, torn, wrapped
from reels.visuals.code_spec import CodeSpec
from reels.visuals.theme import Metrics, Theme

_LARGEST_PX, _STEP_PX = 50, 2
#: A title gives way to code that would else need another page.
_TITLE_PX, _SMALL_TITLE_PX, _FILE_PX, _GAP_PX = 60, 40, 36, 26
_LEADING = 1.36
_PAD_PX, _SIDE_PAD_PX = 30, 34
#: The card reaches beyond the content box, so that the code itself gets all of its width.
_OUTSET_PX = 36
_LEAST_CARD_SHARE = 0.62
_ANCHOR = 0.42
#: Beside the heading stands the page's number.
_HEADING_SHARE = 0.82
#: What one page more, all lines wrapped, and the smallest letters cost.
_PAGE_COST, _WRAP_COST, _SMALL_COST = 1.0, 2.0, 1.0


@dataclass(frozen=True)
class CodeLayout:
    """All sizes are in pixels. The places hold for every page, so that pages line up.

    `pages` are the rows of each page. Code starts at `text_x`, line numbers end at `numbers_x`
    (None where there are none), and `first_y` is the upper edge of the first row.
    """

    lines: tuple[str, ...]
    pages: tuple[tuple[Row, ...], ...]
    heading: Block
    heading_xy: tuple[int, int]
    card: Box
    size_px: int
    row_px: int
    column_px: float
    text_x: int
    numbers_x: int | None
    first_y: int

    def page(self, number: int) -> tuple[Row, ...]:
        """The rows of a page; those of the last for a number beyond."""
        return self.pages[min(number, len(self.pages) - 1)]


@dataclass(frozen=True)
class _Setting:
    """Code in one size, before it has a place."""

    size_px: int
    rows: tuple[Row, ...]
    per_page: int
    cost: float


def lay_out(spec: CodeSpec, theme: Theme, metrics: Metrics, box: Box) -> CodeLayout:
    """The layout of all pages inside `box`; `spec.page` and `spec.shown` change nothing."""
    whole = spec.model_copy(update={"page": 0, "shown": None, "highlight": ()})
    return _laid_out(whole, theme, metrics, box)


@lru_cache(maxsize=32)
def _laid_out(spec: CodeSpec, theme: Theme, metrics: Metrics, box: Box) -> CodeLayout:
    heading = _heading(spec, theme, metrics, box, _TITLE_PX)
    found = _placed(spec, theme, metrics, box, heading, headed=bool(heading.lines))
    if len(found.pages) == 1:
        return found
    if not heading.lines:
        # The page's number needs the place of a heading.
        return _placed(spec, theme, metrics, box, heading, headed=True)
    smaller = _heading(spec, theme, metrics, box, _SMALL_TITLE_PX)
    denser = _placed(spec, theme, metrics, box, smaller, headed=True)
    return denser if len(denser.pages) < len(found.pages) else found


def _heading(spec: CodeSpec, theme: Theme, metrics: Metrics, box: Box, title_px: int) -> Block:
    """The title, of `title_px` or smaller to fit two lines, or else the file's name."""
    width = round((box[2] - box[0]) * _HEADING_SHARE)
    title, file = drawable(spec.title).strip(), drawable(spec.language).strip()
    if title or "." not in file:
        size, smallest = metrics.px(title_px), metrics.px(theme.smallest_px)
        block = set_block(title, theme.headline, size, width, theme.headline_leading)
        while len(block.lines) > 2 and size > smallest:
            size = max(smallest, size - metrics.px(_STEP_PX))
            block = set_block(title, theme.headline, size, width, theme.headline_leading)
        return block
    return set_block(file, theme.figures, metrics.px(_FILE_PX), width, 1.2)


def _placed(
    spec: CodeSpec, theme: Theme, metrics: Metrics, box: Box, heading: Block, *, headed: bool
) -> CodeLayout:
    lines = tuple(settable(line) for line in spec.lines())
    above = max(heading.height_px, metrics.px(_FILE_PX)) + metrics.px(_GAP_PX) if headed else 0
    area = _area(box, metrics, above)
    gutter = _gutter(spec, lines)
    found = _best(lines, gutter, theme, metrics, area)
    pages = tuple(map(tuple, pages_of(lines, found.rows, found.per_page)))
    row_px, column = _row_px(found.size_px), _column_px(found.size_px)
    tallest = max((len(page) for page in pages), default=1)
    height = tallest * row_px + 2 * metrics.px(_PAD_PX)
    top = area[1] + max(0, round((area[3] - area[1] - height) * _ANCHOR))
    wide = _card_width(lines, found.rows, gutter * column, column, metrics, area)
    left = area[0] + metrics.px(_SIDE_PAD_PX)
    return CodeLayout(
        lines=lines,
        pages=pages or ((),),
        heading=heading,
        heading_xy=(box[0], top - above),
        card=(area[0], top, area[0] + wide, top + height),
        size_px=found.size_px,
        row_px=row_px,
        column_px=column,
        text_x=left + round(gutter * column),
        numbers_x=left + round((gutter - 2) * column) if gutter else None,
        first_y=top + metrics.px(_PAD_PX),
    )


def _area(box: Box, metrics: Metrics, above: int) -> Box:
    """Where the card may lie: it keeps off the picture's edge and off the captions."""
    around = safe_area(metrics.size_px)
    outset = min(metrics.px(_OUTSET_PX), round(metrics.side_px * 0.42))
    below = min(metrics.px(_PAD_PX), round(metrics.size_px[1] * around.gap * 0.5))
    return (box[0] - outset, box[1] + above, box[2] + outset, box[3] + below)


def _gutter(spec: CodeSpec, lines: tuple[str, ...]) -> int:
    """The columns of the line numbers and of the space after them; a single line has none."""
    if len(lines) == 1 and spec.first_line == 1:
        return 0
    return len(str(spec.first_line + len(lines) - 1)) + 2


def _best(
    lines: tuple[str, ...], gutter: int, theme: Theme, metrics: Metrics, area: Box
) -> _Setting:
    """The size that is the best bargain of large letters, whole lines and few pages."""
    sizes = range(_LARGEST_PX, theme.smallest_px - 1, -_STEP_PX)
    tried = [_setting(lines, gutter, size, metrics, area) for size in sizes]
    return min(tried, key=lambda found: (found.cost, -found.size_px))


def _setting(
    lines: tuple[str, ...], gutter: int, theme_px: int, metrics: Metrics, area: Box
) -> _Setting:
    size = metrics.px(theme_px)
    width = area[2] - area[0] - 2 * metrics.px(_SIDE_PAD_PX)
    rows = wrapped(lines, max(8.0, width / _column_px(size) - gutter))
    per_page = max(1, (area[3] - area[1] - 2 * metrics.px(_PAD_PX)) // _row_px(size))
    small = 1 - theme_px / _LARGEST_PX
    pages = fewest(lines, rows, per_page)
    cost = pages * _PAGE_COST + _wrapping(lines, rows) * _WRAP_COST + small * _SMALL_COST
    return _Setting(size, rows, per_page, cost)


def _wrapping(lines: tuple[str, ...], rows: tuple[Row, ...]) -> float:
    """How much is lost by wrapping: for lines that are, for each row more, for torn words."""
    continued = [row for row in rows if row.continued]
    broken = len({row.line for row in continued})
    words = sum(torn(lines[row.line], row) for row in continued)
    return (broken + 0.2 * len(continued) + 0.5 * words) / (len(lines) + 4)


def _card_width(
    lines: tuple[str, ...],
    rows: tuple[Row, ...],
    gutter_px: float,
    column_px: float,
    metrics: Metrics,
    area: Box,
) -> int:
    """On a lying picture the card is as wide as its code; on the others it fills the width."""
    full = area[2] - area[0]
    if not metrics.lying:
        return full
    widest = max((columns_of(lines[r.line][r.start : r.end]) + r.indent for r in rows), default=0)
    wanted = gutter_px + widest * column_px + 3 * metrics.px(_SIDE_PAD_PX)
    return min(full, max(round(full * _LEAST_CARD_SHARE), round(wanted)))


@lru_cache(maxsize=64)
def _column_px(size_px: int) -> float:
    return line_width("0", "mono", size_px)


def _row_px(size_px: int) -> int:
    return round(size_px * _LEADING)
