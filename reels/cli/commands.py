"""What each command does. Modules are imported when a command needs them: help comes at once."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from reels.cli.parser import Asked
from reels.errors import InvalidInput

if TYPE_CHECKING:
    from reels.grid import Encoder
    from reels.rendering import Report


def render(asked: Asked) -> None:
    """Make the video, and print what was made."""
    from reels import rendering
    from reels.cli.show import shown
    from reels.segment_cache import LIMIT_BYTES, Cache, user_directory

    limit = LIMIT_BYTES if asked.cache_limit is None else round(asked.cache_limit * 1e9)
    with shown(quiet=asked.quiet) as on_progress:
        report = rendering.render(
            asked.timeline,
            asked.output,
            cache=Cache(Path(asked.cache) if asked.cache else user_directory(), limit),
            preview=asked.preview,
            workers=asked.workers,
            encoder=_encoder(asked.encoder),
            on_progress=on_progress,
        )
    if not asked.quiet:
        print(_told(report))


def check(asked: Asked) -> None:
    """Print what the timeline holds, or fail with its first fault."""
    from reels.document import load
    from reels.document.gathering import gather
    from reels.document.looking import look_at_all
    from reels.grid import plan

    document = load(asked.timeline)
    gathered = gather(document)
    with tempfile.TemporaryDirectory(prefix="reels-") as work:
        look_at_all(gathered, Path(work))
    segments = len(plan(gathered.timeline))
    width, height = document.size_px
    print(
        f"{asked.timeline} is a timeline of {width}x{height} at {document.fps} fps, "
        f"{document.duration_s:.2f} s: {_count(len(document.shots), 'shot')}, "
        f"{_count(len(document.cues), 'cue')}, {_count(len(document.lines), 'line')}, "
        f"{_count(segments, 'segment')}."
    )


def schema(asked: Asked) -> None:  # noqa: ARG001
    """Print the schema."""
    from reels.document.schema import schema_text

    sys.stdout.write(schema_text())


def _encoder(name: str | None) -> Encoder | None:
    """The encoder of that name where it works; None leaves the choice to the renderer."""
    from reels.hardware import Wish, best_encoder

    if name not in (None, *get_args(Wish)):
        known = ", ".join(get_args(Wish))
        raise InvalidInput("encoder", f"There is no encoder {name!r}.", remedy=f"Use {known}.")
    if name in (None, "libx264"):
        return None
    encoder = best_encoder(cast(Wish, name))
    return encoder if encoder.codec != "libx264" else None


def _told(report: Report) -> str:
    width, height = report.size_px
    parts = [
        f"{report.video}: {report.duration_s:.2f} s, {width}x{height}",
        f"{report.segments_encoded} of {_count(report.segments_total, 'segment')} encoded "
        f"by {report.encoder}",
        f"in {report.seconds:.1f} s",
    ]
    if report.loudness:
        parts.insert(1, f"{report.loudness.integrated_lufs:.1f} LUFS")
    return ", ".join(parts) + "."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
