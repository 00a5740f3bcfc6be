"""The words of known lines, each line by the first of the aligners that can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from prefect import get_run_logger
from prefect.futures import PrefectFuture

from flows.books import Payer
from flows.falling import fallback
from flows.tasks import align_line
from flows.telling import count_at_end
from reels.chains import Fallback, links
from reels.errors import AuthenticationFailed, BadOutput, ProviderError
from reels.plans import AlignedLine, Transcribed, TranscribePlan
from reels.progress import Tally
from reels.words import aligner
from reels.words.proportional import Proportional

#: It needs no more than the text and the length, so it ends every chain.
LAST = Proportional.name

Answer = AlignedLine | ProviderError


def align_lines(
    plan: TranscribePlan, payer: Payer | None, scenes: Sequence[int], tally: Tally
) -> Transcribed:
    """Align every line of the plan by its chain; `scenes` are the lines', for the books.
    Every line is a piece of the tally.

    Lines share no voice that would have to stay the same, so each falls by itself. A line
    whose text none of them hears is spread over its sound.

    Raises:
        InvalidInput: naming `words_provider`.
        ProviderError: one that no other aligner mends, or the last one's.
    """
    named = links(plan.aligner)
    for name in named:
        aligner(name)
    chain = tuple(dict.fromkeys((*named, LAST)))
    found: dict[int, AlignedLine] = {}
    for index in range(len(plan.lines)):
        tally.expect(index)
    steps: dict[tuple[str, str], Fallback] = {}
    for name, instead in zip(chain, [*chain[1:], ""], strict=True):
        left = [index for index in range(len(plan.lines)) if index not in found]
        for index, answer in _asked(name, left, plan, payer, scenes, tally):
            if isinstance(answer, AlignedLine):
                found[index] = answer
            elif _falls(answer, instead, is_named=instead in named):
                steps.setdefault((name, instead), fallback("words", name, instead, answer))
            else:
                raise answer
    for step in steps.values():
        get_run_logger().warning("%s", step)
    lines = tuple(found[index] for index in range(len(plan.lines)))
    return Transcribed(lines=lines, fallbacks=tuple(steps.values()))


def _falls(error: ProviderError, instead: str, *, is_named: bool) -> bool:
    """Whoever names another aligner wants it also where the first one's package is missing."""
    if not is_named:
        return bool(instead) and isinstance(error, BadOutput)
    return not isinstance(error, AuthenticationFailed)


def _asked(
    name: str,
    indexes: Sequence[int],
    plan: TranscribePlan,
    payer: Payer | None,
    scenes: Sequence[int],
    tally: Tally,
) -> Iterator[tuple[int, Answer]]:
    """What one aligner makes of the lines of these indexes, side by side."""
    if not indexes:
        return
    assert plan.language is not None  # the plan sees to it
    maker = aligner(name)
    try:
        version = maker.version
    except ProviderError as error:
        yield from ((index, error) for index in indexes)
        return
    payers = [
        payer.of_scene(scene) if payer and scene else payer
        for _, scene in zip_longest(plan.lines, scenes[: len(plan.lines)])
    ]
    futures = [
        align_line.submit(
            audio=plan.lines[index].speech.audio,
            text=plan.lines[index].text,
            language=plan.language,
            provider=maker.name,
            provider_version=version,
            payer=payers[index],
        )
        for index in indexes
    ]
    for index, future in zip(indexes, futures, strict=True):
        count_at_end(tally, index, future)
    for index, future in zip(indexes, futures, strict=True):
        yield index, _answer(future)


def _answer(future: PrefectFuture[AlignedLine]) -> Answer:
    try:
        return future.result()
    except ProviderError as error:
        return error
