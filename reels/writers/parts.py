"""A text in as many parts as there are slides for it, each about as long to say."""

from __future__ import annotations

from reels.storyboard.sentences import clauses, join, sentences, weight


def parts_of(text: str, count: int) -> list[str]:
    """`count` parts of whole sentences, in order; of clauses where there are too few of those.

    Fewer where the text has not so many clauses. Joined again, the parts are the text.
    """
    pieces = [piece for line in text.splitlines() for piece in sentences(line)]
    if len(pieces) < count:
        pieces = [clause for piece in pieces for clause in clauses(piece)]
    if not pieces:
        return [text]
    total, said = sum(map(weight, pieces)) or 1.0, 0.0
    found: list[list[str]] = [[]]
    for number, piece in enumerate(pieces):
        left = len(pieces) - number
        is_full = said >= total * len(found) / count
        must = left <= count - len(found)
        if found[-1] and len(found) < count and (is_full or must):
            found.append([])
        found[-1].append(piece)
        said += weight(piece)
    return [join(part) for part in found]
