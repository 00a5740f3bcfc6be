"""Groups pieces of speech into scenes of fitting length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reels.models import MAX_NARRATION_CHARS, MAX_SCENES, Visual
from reels.storyboard.sentences import join, weight

#: Words a second of an even reading voice; 140 to 150 words a minute.
WORDS_PER_S = 2.4
#: A scene of about six seconds; from nine on a still page tires.
IDEAL_WORDS = 14.0
MAX_WORDS = 22.0
#: Pieces no longer than this let 20 000 characters always fit into 60 scenes.
MAX_PIECE_CHARS = 240

_NEVER = float("inf")
_TRIES = 6


@dataclass(frozen=True)
class Piece:
    """A sentence or a part of one. `ends` says that a sentence ends with it.

    `section` is the heading it stands under, `paragraph` the number of its block, `bullet` the
    list item that it says, if it is a whole one; `leads` that a list follows it. `shown` is
    what the text shows while it is spoken; a scene has one at most.
    """

    text: str
    ends: bool = True
    section: str = ""
    paragraph: int = 0
    bullet: str = ""
    leads: bool = False
    shown: Visual | None = None


def group(pieces: list[Piece], ideal_words: float = IDEAL_WORDS) -> list[list[Piece]]:
    """The pieces in order, in at most `MAX_SCENES` groups of at most `MAX_NARRATION_CHARS`."""
    total = sum(weight(piece.text) for piece in pieces)
    ideal = max(ideal_words, total / MAX_SCENES)
    for _ in range(_TRIES):
        found = _best(pieces, ideal, max(MAX_WORDS, ideal * 1.6))
        if len(found) <= MAX_SCENES:
            return found
        ideal *= max(1.15, len(found) / MAX_SCENES)
    return _packed(pieces)


def _best(pieces: list[Piece], ideal: float, most: float) -> list[list[Piece]]:
    """The grouping of least cost: lengths near `ideal`, cuts where a listener expects them."""
    costs = [0.0] + [_NEVER] * len(pieces)
    starts = [0] * (len(pieces) + 1)
    weights = [weight(piece.text) for piece in pieces]
    for end in range(1, len(pieces) + 1):
        for start, words, joints in _scenes_before(pieces, weights, end, most):
            cost = costs[start] + ((words - ideal) / ideal) ** 2
            cost += _cut_cost(pieces, start) + joints
            if cost < costs[end]:
                costs[end], starts[end] = cost, start
    found: list[list[Piece]] = []
    end = len(pieces)
    while end:
        found.append(pieces[starts[end] : end])
        end = starts[end]
    return found[::-1]


def _scenes_before(
    pieces: list[Piece], weights: list[float], end: int, most: float
) -> Iterator[tuple[int, float, float]]:
    """The scenes that may end before piece `end`: first piece, words, cost of their joints."""
    words, chars, joints, figures = 0.0, 0, 0.0, 0
    for start in range(end - 1, -1, -1):
        words += weights[start]
        chars += len(pieces[start].text) + 1
        figures += pieces[start].shown is not None
        if start < end - 1:
            full = words > most or chars > MAX_NARRATION_CHARS or figures > 1
            if full or pieces[start].section != pieces[end - 1].section:
                return
            joints += _joint_cost(pieces[start], pieces[start + 1])
        yield start, words, joints


def _cut_cost(pieces: list[Piece], start: int) -> float:
    """What a cut before `start` costs: little between sentences, more inside one."""
    if start == 0:
        return 0.0
    before, after = pieces[start - 1], pieces[start]
    if before.leads:
        return 1.2
    if before.bullet and after.bullet:
        return 0.35
    return 0.0 if before.ends else 0.6


def _joint_cost(before: Piece, after: Piece) -> float:
    """What it costs to keep two pieces in a scene: a list is one thing, paragraphs are not.

    What is shown belongs to the words that lead up to it, not to those that follow.
    """
    if before.shown:
        return 1.5
    if before.paragraph == after.paragraph or before.leads or (before.bullet and after.bullet):
        return 0.0
    return 1.5 if before.bullet or after.bullet else 0.35


def _packed(pieces: list[Piece]) -> list[list[Piece]]:
    found: list[list[Piece]] = []
    for piece in pieces:
        full = found and len(join([p.text for p in (*found[-1], piece)])) > MAX_NARRATION_CHARS
        both = found and piece.shown and any(p.shown for p in found[-1])
        if found and not full and not both:
            found[-1].append(piece)
        else:
            found.append([piece])
    return found
