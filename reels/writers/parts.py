"""A text in as many parts as there are slides for it, each about as long to say."""

from __future__ import annotations

from reels.storyboard.markdown import blocks
from reels.storyboard.sentences import clauses, join, sentences, weight

#: What parts the paragraphs of a written text.
GAP = "\n\n"
#: A paragraph of more than so many fair shares is cut.
_MOST_SHARES = 2.0
_LEAST_WORDS = 2.0


def paragraphs(text: str) -> list[str]:
    """What of a Markdown or plain text is spoken; its headings only if there is nothing else."""
    found = [block for block in blocks(text) if block.text]
    return [block.text for block in found if not block.level] or [block.text for block in found]


def parts_of(text: str, count: int) -> list[str]:
    """`count` parts of plain text in order: whole paragraphs if those can be shared out, else
    whole sentences, and clauses where there are too few of those.

    Fewer where the text has not so many clauses. Joined again, the parts are the text.
    """
    pieces = _pieces([part.strip() for part in text.split(GAP) if part.strip()], count)
    if not pieces:
        return [text]
    total, said = sum(map(weight, pieces)) or 1.0, 0.0
    found: list[list[str]] = [[]]
    for number, piece in enumerate(pieces):
        left = len(pieces) - number
        is_full = said + weight(piece) / 2 >= total * len(found) / count
        must = left <= count - len(found)
        if found[-1] and len(found) < count and (is_full or must):
            found.append([])
        found[-1].append(piece)
        said += weight(piece)
    return [join(part) for part in found]


def part_for(number: int, count: int, parts: int) -> int:
    """Which of the parts (from 0) slide `number` (from 0) of `count` belongs to.

    Where there are more slides than parts, neighbours share one.
    """
    return min(number * parts // count, parts - 1) if count > parts else min(number, parts - 1)


def _pieces(whole: list[str], count: int) -> list[str]:
    if len(whole) == count or (len(whole) > count and _is_even(whole, count)):
        return whole
    found = [sentence for each in whole for sentence in sentences(each)]
    if len(found) < count:
        found = [clause for each in found for clause in _clauses(each)]
    return found


def _clauses(sentence: str) -> list[str]:
    """Clauses of which each says something: none of them is a word like `First,` alone."""
    found: list[str] = []
    for clause in clauses(sentence):
        if found and (weight(found[-1]) < _LEAST_WORDS or weight(clause) < _LEAST_WORDS):
            found[-1] = join([found[-1], clause])
        else:
            found.append(clause)
    return found


def _is_even(whole: list[str], count: int) -> bool:
    weights = [weight(each) for each in whole]
    return max(weights) <= _MOST_SHARES * sum(weights) / count
