"""Times of characters, as services tell them, become times of a line's words."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from reels.models import Word
from reels.spans import Span, fit_words, word_ranges

#: What times may be off by rounding, and how far the last may lie behind the sound's end.
_ROUNDING_S, _BEYOND_S = 0.002, 0.5


class Characters(BaseModel):
    """What was spoken, character by character, with the start and the end of each."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    characters: tuple[str, ...]
    character_start_times_seconds: tuple[float, ...]
    character_end_times_seconds: tuple[float, ...]

    def sound(self, duration_s: float) -> bool:
        """Whether the times can be those of a sound of this length."""
        starts, ends = self.character_start_times_seconds, self.character_end_times_seconds
        if not len(self.characters) == len(starts) == len(ends) or not self.characters:
            return False
        if not all(map(math.isfinite, (*starts, *ends))) or ends[-1] <= 0:
            return False
        return (
            starts[0] >= -_ROUNDING_S
            and max(ends) <= duration_s + _BEYOND_S
            and all(end >= start - _ROUNDING_S for start, end in zip(starts, ends, strict=True))
            and all(after >= before - _ROUNDING_S for before, after in pairwise(starts))
        )


def words_of(line: str, told: Any, duration_s: float, *, sent: str = "") -> tuple[Word, ...] | None:
    """A `Word` for each white-space separated word of `line`, or None.

    `sent` is what was spoken where it is not the line, character for character. `told` has
    the fields of `Characters`, or is something else. It is of use when its letters are the
    line's, whatever their Unicode form, and its times can be times of such a sound.
    """
    try:
        heard = Characters.model_validate(told)
    except ValidationError:
        return None
    if not heard.sound(duration_s):
        return None
    spoken = [(sent or line)[first:after] for first, after in word_ranges(line)]
    for kept in (_is_visible, str.isalnum):
        spans = _spans(spoken, heard, kept)
        if spans is not None:
            return fit_words(line.split(), spans, duration_s)
    return None


def _spans(
    texts: Sequence[str], heard: Characters, kept: Callable[[str], bool]
) -> list[Span | None] | None:
    written = [(unit, n) for n, text in enumerate(texts) for unit in _units(text, kept)]
    spoken = [(unit, n) for n, text in enumerate(heard.characters) for unit in _units(text, kept)]
    if [unit for unit, _ in written] != [unit for unit, _ in spoken]:
        return None
    places: list[tuple[list[int], list[int]]] = [([], []) for _ in texts]
    for (unit, word), (_, character) in zip(written, spoken, strict=True):
        # A pause belongs to the mark before it, so a word ends with its last letter.
        places[word][0 if unit.isalnum() else 1].append(character)
    return [_span(letters or marks, heard) for letters, marks in places]


def _span(places: Sequence[int], heard: Characters) -> Span | None:
    if not places:
        return None
    starts, ends = heard.character_start_times_seconds, heard.character_end_times_seconds
    return min(starts[n] for n in places), max(ends[n] for n in places)


def _units(text: str, kept: Callable[[str], bool]) -> Iterator[str]:
    """The parts of a text that do not depend on its Unicode form or its case."""
    return (char for char in unicodedata.normalize("NFKD", text).casefold() if kept(char))


def _is_visible(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char)[0] not in "MC"
