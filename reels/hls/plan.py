"""From a film's facts to its ladder: which variants there are, and which one is copied."""

from __future__ import annotations

from fractions import Fraction

from reels.hls.grid import Grid, even_grid, grid_of_keys
from reels.hls.ladder import (
    CELLULAR_BPS,
    LOW_SOUND,
    MAIN_SOUND,
    MARGIN_BPS,
    MAXRATE,
    RUNGS,
    Ladder,
    Rung,
    Variant,
    bounded,
    sizes,
)
from reels.hls.rates import MOST_FPS, shown_rate
from reels.hls.sound import main_sound
from reels.hls.source import Source

#: H.264's numbers of the profiles that every player takes: Main and High.
_PROFILES = (77, 100)
_MOST_LEVEL = 42
_WIDE_PRIMARIES = ("bt2020", "smpte431", "smpte432")
_HDR_TRANSFERS = ("smpte2084", "arib-std-b67")
_PEAK_SHARE = 2


def plan(source: Source, *, is_ours: bool = False) -> Ladder:
    """Plan a film's package. It depends on nothing but the facts.

    The top variant is copied when every player takes it as it is. `is_ours` says that the film
    was made of our own segments: they were encoded for their quality, so that their rate,
    and how much it varies, is then no reason to encode them again.
    """
    grid, reason = _copied(source, is_ours)
    copied: tuple[Variant, ...] = ()
    rungs = sizes(source)
    if grid is None:
        fps = shown_rate(source.fps)
        grid = even_grid(fps, max(1, round(source.length_s * fps)))
    else:
        copied = (_copy(source, reason, is_lowest=False),)
        rungs = [rung for rung in rungs if rung[:2] != source.size_px]
        if not rungs:
            lowest = _copy(source, reason, is_lowest=True)
            if lowest.max_bps + _sound_bps(lowest.sound) + MARGIN_BPS <= CELLULAR_BPS:
                copied = (lowest,)
            else:
                rungs = [Rung(*source.size_px, RUNGS[0].rate_bps)]
    names = {variant.name for variant in copied}
    encoded = []
    for index, rung in enumerate(rungs):
        is_top = not copied and index == len(rungs) - 1
        why = reason if is_top else "It is a smaller one than the film."
        encoded.append(_encoded(rung, grid.fps, source, why, names, is_lowest=index == 0))
    variants = (*encoded, *copied)
    used = {variant.sound for variant in variants}
    known = (main_sound(source, grid), LOW_SOUND)
    sounds = tuple(sound for sound in known if sound.name in used)
    return Ladder(source=source, grid=grid, variants=variants, sounds=sounds)


def _encoded(
    rung: Rung, fps: Fraction, source: Source, reason: str, names: set[str], *, is_lowest: bool
) -> Variant:
    sound = _sound_of(source, is_lowest=is_lowest)
    rate, most, buffer = bounded(rung, fps, _sound_bps(sound), is_lowest=is_lowest)
    name = f"v{min(rung[:2])}"
    return Variant(
        name=f"{name}low" if name in names else name,
        size_px=rung[:2],
        rate_bps=rate,
        max_bps=most,
        buffer_bits=buffer,
        way="encode",
        reason=reason,
        sound=sound,
    )


def _copy(source: Source, reason: str, *, is_lowest: bool) -> Variant:
    return Variant(
        name=f"v{min(source.size_px)}",
        size_px=source.size_px,
        rate_bps=source.average_bps,
        max_bps=max(source.peak_bps, source.average_bps),
        buffer_bits=0,
        way="copy",
        reason=reason,
        sound=_sound_of(source, is_lowest=is_lowest),
    )


def _sound_of(source: Source, *, is_lowest: bool) -> str:
    if source.sound is None:
        return ""
    return (LOW_SOUND if is_lowest else MAIN_SOUND).name


def _sound_bps(name: str) -> int:
    return LOW_SOUND.rate_bps if name == LOW_SOUND.name else 0


def _copied(source: Source, is_ours: bool) -> tuple[Grid | None, str]:
    """The grid of a film whose pictures can be copied, or None; and why."""
    against = _against(source, is_ours)
    if against:
        return None, against
    grid = grid_of_keys(source.fps, source.frames, source.keys)
    if grid is None:
        return None, "Its IDR pictures are more than 2 s apart, or it does not start with one."
    return grid, "Every player takes it as it is."


def _against(source: Source, is_ours: bool) -> str:
    """Why a film's pictures cannot be copied; empty when nothing is against it."""
    most_bps = RUNGS[-1].rate_bps * MAXRATE
    box = sorted(RUNGS[-1][:2])
    reasons = (
        (source.codec != "h264", f"It is {source.codec or 'of an unknown codec'}, not H.264."),
        (source.profile not in _PROFILES, f"Its profile is number {source.profile}, not High."),
        (source.level > _MOST_LEVEL, f"Its level is {source.level / 10:g}, more than 4.2."),
        (source.pixel_format != "yuv420p", f"Its pixels are {source.pixel_format}, not yuv420p."),
        (source.is_interlaced, "It is interlaced."),
        (source.transfer in _HDR_TRANSFERS, "It is HDR."),
        (source.primaries in _WIDE_PRIMARIES, "Its colours are wider than BT.709."),
        (not source.is_constant, "Its frame rate varies."),
        (source.fps > MOST_FPS, f"It has {float(source.fps):g} frames a second, more than 60."),
        (source.pixel_aspect != 1, "Its pixels are not square."),
        (source.is_rotated, "It lies on its side."),
        (any(side % 2 for side in source.size_px), "Its size is odd."),
        (_is_larger(source.size_px, box), "It is larger than the highest rung."),
        (source.is_held, "Its sound goes on without a picture."),
        (source.has_hidden, "Some of its pictures are not to be shown."),
        (not source.has_one_setup, "Its encoding changes under way."),
        (not is_ours and source.peak_bps > most_bps, "Its peak is over the highest rung's."),
        (
            not is_ours and source.peak_bps > _PEAK_SHARE * source.average_bps,
            "Its peak is more than twice its average.",
        ),
    )
    return next((reason for is_so, reason in reasons if is_so), "")


def _is_larger(size_px: tuple[int, int], box: list[int]) -> bool:
    return any(Fraction(side) > most for side, most in zip(sorted(size_px), box, strict=True))
