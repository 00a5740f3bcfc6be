"""Where a finished video goes: checked before the work, told plainly when it is full."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reels.errors import FfmpegFailed, InvalidInput, ReelsError, RenderError

_FULL = (errno.ENOSPC, errno.EDQUOT)


def check_target(target: Path, inputs: Iterator[Path]) -> None:
    """Make the directory of `target`, and refuse a target that would cost somebody a file.

    Raises:
        InvalidInput: naming `to`: it is no MP4 file, is one of the `inputs`, or its
            directory cannot be made or written to.
    """
    if target.suffix.lower() != ".mp4":
        raise InvalidInput(
            "to", f"The video {target} would be an MP4 file.", remedy="End its name in .mp4."
        )
    _check_name(target)
    if target.is_dir():
        raise InvalidInput("to", f"{target} is a directory.", remedy="Give the name of a file.")
    if target.exists():
        for path in inputs:
            if path.exists() and target.samefile(path):
                raise InvalidInput(
                    "to",
                    f"The video would replace {path}, of which it is made.",
                    remedy="Give another name.",
                )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(
            "to", f"The directory {target.parent} cannot be made: {error.strerror}."
        ) from error
    if not os.access(target.parent, os.W_OK):
        raise InvalidInput("to", f"The directory {target.parent} cannot be written to.")


def _check_name(target: Path) -> None:
    try:
        target.is_file()
    except OSError as error:
        raise InvalidInput("to", f"{target} cannot be a file: {error.strerror}.") from error


@contextmanager
def told_plainly(*places: Path) -> Iterator[None]:
    """Failures to write, in the body, become a `RenderError` that says where there is no room.

    `places` are the files and directories that the body writes.
    """
    try:
        yield
    except (ReelsError, OSError) as error:
        if _is_full(error):
            raise _no_room(places) from error
        if isinstance(error, OSError):
            where = f" {error.filename}" if error.filename else ""
            raise RenderError(f"The file{where} cannot be written: {error.strerror}.") from error
        raise


def _is_full(error: BaseException | None) -> bool:
    while error is not None:
        if getattr(error, "errno", None) in _FULL:
            return True
        if isinstance(error, FfmpegFailed) and os.strerror(errno.ENOSPC) in error.stderr_tail:
            return True
        error = error.__cause__ or error.__context__
    return False


def _no_room(places: tuple[Path, ...]) -> RenderError:
    folders = [place if place.is_dir() else place.parent for place in places]
    fullest = min(folders, key=lambda folder: shutil.disk_usage(folder).free)
    return RenderError(
        f"There is no room left on the disk of {fullest}.",
        remedy="Free some, or put the cache and the video elsewhere. What is done is kept.",
    )
