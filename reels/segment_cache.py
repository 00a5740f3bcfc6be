"""A directory of encoded segments and mixed sounds, shared by the renders of one user.

Many processes may use it at once: every file appears by a rename, under the hash of all
that shapes it. It is kept to a size by whoever uses it last.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from reels.errors import RenderError
from reels.grid import Segment

#: Some hours of 1080x1920 at the usual quality.
LIMIT_BYTES = 4_000_000_000
#: Nothing else is ever removed: somebody may name a directory that holds files of theirs.
_CONTENT = re.compile(r"[0-9a-f]{64}\.(mp4|m4a|json)")
_PASSING = re.compile(r"(segment|render)-\w+")
_TORN = re.compile(r"\.part-\w+")
_WORK = "work"
_LOCK = ".lock"


def user_directory() -> Path:
    """The user's own cache: `reelwright/segments` in `XDG_CACHE_HOME`, or in `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG base directory specification has relative paths ignored.
    root = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    return root / "reelwright" / "segments"


class Cache(NamedTuple):
    """The directory, and how large it may stay: what was used least recently goes first.

    A render keeps all that it needs until it ends, so the limit may be passed meanwhile.
    """

    directory: Path
    limit_bytes: int = LIMIT_BYTES

    @contextmanager
    def opened(self) -> Iterator[Path]:
        """Keep the content from being pruned; gives a directory for passing files.

        Raises:
            RenderError: the directory cannot be made or written to.
        """
        with self._lock() as lock:
            work = self.directory / _WORK
            work.mkdir(exist_ok=True)
            try:
                with tempfile.TemporaryDirectory(
                    dir=work, prefix="render-", ignore_cleanup_errors=True
                ) as desk:
                    yield Path(desk)
            finally:
                self._prune_unless_used(lock)

    def missing(self, segments: Iterable[Segment]) -> list[Segment]:
        """Those that are to be encoded, each once. The others count as used now."""
        distinct = {segment.key: segment for segment in segments}
        return [segment for key, segment in distinct.items() if not self._holds(key)]

    def _holds(self, key: str) -> bool:
        part = self.directory / f"{key}.mp4"
        if not part.exists():
            return False
        if not is_whole(part):
            part.unlink(missing_ok=True)
            return False
        part.touch()
        return True

    @contextmanager
    def _lock(self) -> Iterator[int]:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.directory / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise RenderError(
                f"The cache {self.directory} cannot be used: {error.strerror}.",
                remedy="Choose another directory for it.",
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield lock
        finally:
            os.close(lock)

    def _prune_unless_used(self, lock: int) -> None:
        """Sweep up and prune, when no other render is at work; it will do so at its end."""
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._sweep()
            self._prune()

    def _sweep(self) -> None:
        """Remove what renders left that were killed."""
        work = self.directory / _WORK
        for left in _named(work, _PASSING):
            shutil.rmtree(left, ignore_errors=True)
        for left in _named(self.directory, _TORN):
            left.unlink(missing_ok=True)
        with suppress(OSError):
            work.rmdir()

    def _prune(self) -> None:
        files = [(file.stat(), file) for file in _named(self.directory, _CONTENT)]
        size_bytes = sum(about.st_size for about, _ in files)
        for about, file in sorted(files, key=lambda each: each[0].st_mtime_ns):
            if size_bytes <= self.limit_bytes:
                return
            file.unlink(missing_ok=True)
            size_bytes -= about.st_size


def _named(directory: Path, pattern: re.Pattern[str]) -> list[Path]:
    return [entry for entry in directory.iterdir() if pattern.fullmatch(entry.name)]


def is_whole(part: Path) -> bool:
    """Whether an MP4 file's boxes end where the file ends, the index among them.

    A crash of the machine may leave a file that is short, or full of zeros. Opening it as
    a video would tell the same, a hundred times slower.
    """
    end, at, kinds = part.stat().st_size, 0, set()
    with part.open("rb") as file:
        while at < end:
            file.seek(at)
            head = file.read(8)
            size = int.from_bytes(head[:4], "big")
            if size < len(head) or len(head) < 8:
                return False
            kinds.add(head[4:])
            at += size
    return at == end and b"moov" in kinds
