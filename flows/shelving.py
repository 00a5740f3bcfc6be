"""A package's files on their way into the store, as they become complete, and back again."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

from flows.heart import fence
from flows.package_job import HLS, PackageJob
from flows.patience import patiently
from reels.hls.pieces import INIT, Piece, piece_name
from reels.models import ArtifactRef


class Shelving:
    """Puts the segments in `root` into the store under the same names, below the job's `hls`.

    Those of one track go one after the other, so that what lies in the store has no gap; the
    tracks go side by side. A context manager: when the body fails, what waits is dropped.
    `encoded` counts the segments of this attempt.
    """

    def __init__(self, job: PackageJob, root: Path) -> None:
        self._job = job
        self._root = root
        self._lock = threading.Lock()
        self._lines: dict[str, ThreadPoolExecutor] = {}
        self._waiting: list[Future[ArtifactRef]] = []
        self._inits: set[str] = set()
        self.encoded = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for line in self._lines.values():
            line.shutdown(wait=kind is None, cancel_futures=kind is not None)

    def drop(self) -> None:
        """Take everything out of the store: it is of another film. The master goes first."""
        fence()
        keys = list(self._stored())
        for name in sorted(keys, key=lambda name: not name.endswith(".m3u8")):
            self._job.store.delete(self._job.key(f"{HLS}/{name}"))

    def restore(self) -> None:
        """Have the same segments here and there, whichever side has more."""
        stored = self._stored()
        for name, size in stored.items():
            file = self._root / name
            if _is_sample(name) and not (file.is_file() and file.stat().st_size == size):
                patiently(lambda name=name, file=file: self._fetch(name, file))  # type: ignore[misc]
            if name.endswith(f"/{INIT}"):
                self._inits.add(name.partition("/")[0])
        for file in sorted(self._root.glob("*/*")):
            name = file.relative_to(self._root).as_posix()
            if _is_sample(name) and name not in stored:
                self._line_up(file.parent.name, name)

    def add(self, track: str, piece: Piece) -> None:
        """Put a segment that has been encoded. Raises what has gone wrong with others."""
        with self._lock:
            self.encoded += 1
            done = [each for each in self._waiting if each.done()]
            self._waiting = [each for each in self._waiting if each not in done]
        for each in done:
            each.result()
        self._line_up(track, f"{track}/{piece_name(piece.number)}")

    def flush(self) -> None:
        """Wait until all that was added lies in the store. Raises what has gone wrong."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.result()

    def put(self, name: str) -> ArtifactRef:
        """Put a file that is not a segment."""
        return patiently(lambda: self._job.save(f"{HLS}/{name}", self._root / name))

    def holds(self, name: str) -> bool:
        return self._job.store.head(self._job.key(f"{HLS}/{name}")) is not None

    def _line_up(self, track: str, name: str) -> None:
        with self._lock:
            line = self._lines.setdefault(track, ThreadPoolExecutor(1, f"shelve-{track}"))
            # Without its init segment a track has no segments.
            if track not in self._inits:
                self._inits.add(track)
                self._waiting.append(line.submit(self.put, f"{track}/{INIT}"))
            if not name.endswith(f"/{INIT}"):
                self._waiting.append(line.submit(self.put, name))

    def _fetch(self, name: str, file: Path) -> None:
        self._job.store.fetch(self._job.key(f"{HLS}/{name}"), file)

    def _stored(self) -> dict[str, int]:
        """The sizes of what lies in the store, by names."""
        prefix = f"{self._job.key(HLS)}/"
        return {
            key.removeprefix(prefix): size for key, size in self._job.store.sizes(prefix).items()
        }


def _is_sample(name: str) -> bool:
    return name.endswith((".m4s", f"/{INIT}"))
