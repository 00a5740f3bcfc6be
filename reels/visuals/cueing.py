"""When each stage of a picture appears: as the words are spoken that name it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from reels.models import Word
from reels.visuals.base import Stage
from reels.visuals.stems import Term, alike, spoken_terms, terms

#: A stage is seen at least so long.
LEAST_S = 0.4
#: Of the weight of its own terms a stage must hear this share, or else this much in all: the
#: text of a block of code is long, and nobody reads it out.
_LEAST_SHARE, _ENOUGH = 0.3, 1.6
#: What names a stage is said within so many terms, and twice its own number.
_LEAST_WINDOW, _MOST_WINDOW = 6, 40
_MOST_OWN_TERMS = 60
#: Where a name starts: not at a word that is in every sentence. Then the nearest is the best.
_TELLING, _SPREAD_COST = 0.3, 0.01
#: Longer speech than any scene's is looked through only so far.
_MOST_TERMS = 3_000


def starts(stages: Sequence[Stage], words: Sequence[Word], duration_s: float) -> tuple[float, ...]:
    """When each stage appears, in seconds from the scene's start; one figure for each stage.

    The first is 0, they never fall, and each is at least `LEAST_S` after the one before, and
    before the end. A stage for which there is no room starts with the next one: drop it.
    Stages that no words name are spread evenly between their neighbours.
    """
    if not stages:
        return ()
    latest = duration_s - LEAST_S
    if len(stages) == 1 or not latest >= LEAST_S:
        return (0.0,) * len(stages)
    return _apart(_spread(_named(stages, words, duration_s), duration_s), latest)


def _named(stages: Sequence[Stage], words: Sequence[Word], duration_s: float) -> list[float | None]:
    """The start of the words that name each stage; None where there are none. The first is 0."""
    spoken = spoken_terms([word.text for word in words])[:_MOST_TERMS]
    scores = [_scores(own, spoken) for own in _weighed(stages)]
    places = _in_order(scores[1:], len(spoken))
    times = [None if at is None else words[spoken[at].word].start_s for at in places]
    return [0.0, *(None if t is None or t >= duration_s else t for t in times)]


def _weighed(stages: Sequence[Stage]) -> list[tuple[Term, ...]]:
    """Each stage's terms; what several stages have in common tells them apart the less."""
    own = [terms(stage.text)[:_MOST_OWN_TERMS] for stage in stages]
    count = Counter(term.text for found in own for term in found)
    return [
        tuple(replace(term, weight=term.weight / count[term.text]) for term in found)
        for found in own
    ]


def _scores(own: Sequence[Term], spoken: Sequence[Term]) -> list[float]:
    """For each spoken term, how well it starts what names a stage: 0 not at all, to 1."""
    matches = _matches(own, spoken)
    total = sum(term.weight for term in own)
    least = min(_LEAST_SHARE * total, _ENOUGH)
    telling = min(_TELLING, max((term.weight for term in own), default=0.0))
    window = min(max(_LEAST_WINDOW, 2 * len(own)), _MOST_WINDOW)
    found = [0.0] * len(spoken)
    for at, match in enumerate(matches):
        if match is None or own[match].weight < telling:
            continue
        heard = {
            m: n for n, m in reversed([*enumerate(matches[at : at + window])]) if m is not None
        }
        weight = sum(own[m].weight for m in heard)
        if weight >= least:
            found[at] = max(0.01, weight / total - _SPREAD_COST * max(heard.values()))
    return found


def _matches(own: Sequence[Term], spoken: Sequence[Term]) -> list[int | None]:
    """For each spoken term the own one that it is a form of."""
    known: dict[str, int | None] = {}
    for term in spoken:
        if term.text not in known:
            fitting = (n for n, mine in enumerate(own) if alike(mine.text, term.text))
            known[term.text] = next(fitting, None)
    return [known[term.text] for term in spoken]


def _in_order(scores: Sequence[Sequence[float]], count: int) -> list[int | None]:
    """For each row the chosen one of `count` places, or None: rising, with the best sum."""
    best: list[tuple[float, tuple[int | None, ...]]] = [(0.0, ())] * (count + 1)
    for row in scores:
        following = [(best[0][0], (*best[0][1], None))]
        for at in range(count):
            taken = (best[at][0] + row[at], (*best[at][1], at))
            skipped = (best[at + 1][0], (*best[at + 1][1], None))
            choice = max(following[-1], skipped, key=lambda pair: pair[0])
            following.append(taken if row[at] and taken[0] > choice[0] else choice)
        best = following
    return list(best[count][1])


def _spread(times: Sequence[float | None], duration_s: float) -> list[float]:
    """Without gaps: unnamed stages stand evenly between their neighbours, or with the next."""
    known = [0]
    for number, time in enumerate(times):
        last = times[known[-1]]
        if number and time is not None and last is not None and time >= last:
            known.append(number)
    found: list[float] = []
    for before, after in pairwise([*known, len(times)]):
        start = times[before] or 0.0
        end = duration_s if after == len(times) else times[after] or 0.0
        between = after - before - 1
        room = min(between, max(0, math.floor((end - start) / LEAST_S) - 1))
        steps = [max(0, n - (between - room)) for n in range(1, between + 1)]
        found += [start, *(start + (end - start) * max(1, s) / (room + 1) for s in steps)]
    return found


def _apart(times: Sequence[float], latest: float) -> tuple[float, ...]:
    """At least `LEAST_S` apart: later where that helps, else earlier, else with the next."""
    groups = _together(times)
    for number in range(1, len(groups)):
        groups[number][0] = max(groups[number][0], groups[number - 1][0] + LEAST_S)
    limit = latest
    for group in reversed(groups[1:]):
        group[0] = min(group[0], limit) if limit >= LEAST_S else limit + LEAST_S
        limit = group[0] - LEAST_S
    return tuple(float(time) for time, count in groups for _ in range(int(count)))


def _together(times: Sequence[float]) -> list[list[float]]:
    """Equal times once, each with their number. What comes too soon is there from the start."""
    groups: list[list[float]] = [[0.0, 0]]
    for time in times:
        soon = len(groups) == 1 and time < LEAST_S
        if soon or time == groups[-1][0]:
            groups[-1][1] += 1
        else:
            groups.append([time, 1])
    return groups
