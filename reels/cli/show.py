"""How far a render is: a bar on a terminal, plain lines elsewhere, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reels.rendering import Progress

OnProgress = Callable[[Progress], None]

_SAYS = {
    "segments": "Encoding segments",
    "sound": "Mixing the sound",
    "joining": "Joining and checking",
}
#: A line in a log whenever another tenth is done.
_STEPS = 10


@contextmanager
def shown(*, quiet: bool) -> Iterator[OnProgress | None]:
    """Show the progress that the body reports."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar() as on_progress:
            yield on_progress
    else:
        yield _Lines()


@contextmanager
def _bar() -> Iterator[OnProgress]:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description:<20}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(_SAYS["segments"], total=None)

        def on_progress(progress: Progress) -> None:
            bar.update(
                task,
                description=_SAYS[progress.stage],
                completed=progress.frames_done,
                total=progress.frames,
            )

        yield on_progress


class _Lines:
    """A line for every step, and for every tenth of the segments."""

    def __init__(self) -> None:
        self._said = ""

    def __call__(self, progress: Progress) -> None:
        text = _SAYS[progress.stage]
        if progress.stage == "segments":
            tenths = _STEPS * progress.frames_done // progress.frames
            text = f"{text}: {100 * tenths // _STEPS} %"
        if text != self._said:
            print(text, file=sys.stderr, flush=True)
            self._said = text
