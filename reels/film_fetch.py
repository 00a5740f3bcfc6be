"""Downloads of films: large files, which go on where they were broken off.

What has come lies in a directory of the caller's, with a note of which file it is a part of,
so that the next attempt, in this process or after its end, asks only for the rest. That is
asked for by the server's own mark of the file: one that has changed meanwhile, and one of a
server that knows no ranges, starts over.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from reels.addresses import Address, read_address
from reels.cloud.patience import PASSING, patience
from reels.errors import BadOutput, InvalidInput, TransientFailure
from reels.fetch import Download, Fetched, FetchLimits, Net, not_kept
from reels.fetch_errors import PROVIDER, header, refusal
from reels.film import normalised
from reels.film_part import Desk, Note, mark
from reels.progress import OnShare
from reels.settings import FetchSettings
from reels.sniffing import HEAD_BYTES

if TYPE_CHECKING:
    import httpcore

#: A file that is found changed so often while it is fetched is given up.
_MOST_CHANGES = 2
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")


def film_limits(settings: FetchSettings | None = None) -> FetchLimits:
    """What the settings allow for a film."""
    settings = settings or FetchSettings()
    return FetchLimits(settings.fetch_film_mb * 1_000_000, settings.fetch_film_s)


def fetch_film(
    url: str,
    desk: Path,
    limits: FetchLimits,
    *,
    named: str = "url",
    net: Net | None = None,
    on_share: OnShare | None = None,
) -> Fetched:
    """Bring the film at `url` into the directory `desk`, which keeps what has come.

    `limits.max_s` are for all attempts of this call. A film that lies there whole is not
    asked for again.

    Raises:
        InvalidInput: the address, or one that it redirects to, is refused.
        BadOutput: the server refuses, what it sends is too large or no film, or it changes
            all the time.
        TransientFailure, RateLimited: it may come another time, and then goes on.
        ProviderError: the film cannot be kept.
    """
    address = read_address(url, named)
    work = _Work(normalised(url, named), Desk(desk), limits, named, net or Net.of(FetchSettings()))
    try:
        desk.mkdir(parents=True, exist_ok=True)
        return work.found(address) or work.brought(address, on_share)
    except OSError as error:
        raise not_kept(error) from error
    except (BadOutput, InvalidInput):
        work.desk.clear()
        raise


class _Work:
    def __init__(self, url: str, desk: Desk, limits: FetchLimits, named: str, net: Net) -> None:
        self._url = url
        self.desk = desk
        self._limits = limits
        self._named = named
        self._net = net
        self._until_s = time.monotonic() + limits.max_s

    def found(self, address: Address) -> Fetched | None:
        """The film, if it lies here whole."""
        whole = self.desk.whole(self._url)
        if whole is None:
            return None
        return Fetched(whole, "clip", whole.stat().st_size, address.url)

    def brought(self, address: Address, on_share: OnShare | None) -> Fetched:
        """The film, after as many attempts as are worth it."""
        policy, failed, changes = patience(), 0, 0
        if self.desk.note.url != self._url:
            self.desk.clear()
        while True:
            asked = self._asked(on_share)
            try:
                return asked.follow(address, self.desk.part, self.desk.film)
            except (_Short, _Changed, *PASSING) as error:
                changes += asked.has_changed
                if changes >= _MOST_CHANGES:
                    raise self._changes(address) from error
                failed = 1 if asked.gained_bytes else failed + 1
                wait_s: float | None = 0
                if isinstance(error, PASSING):
                    wait_s = policy.wait_s(error, failed)
                if isinstance(error, _Changed):
                    self.desk.part.unlink(missing_ok=True)
                if wait_s is None:
                    raise
                if time.monotonic() + wait_s >= self._until_s:
                    raise self._over(address) from error
            time.sleep(wait_s)

    def _asked(self, on_share: OnShare | None) -> _FilmDownload:
        left = FetchLimits(self._limits.max_bytes, self._until_s - time.monotonic())
        return _FilmDownload(self._url, self.desk, left, self._named, self._net, on_share)

    def _over(self, address: Address) -> TransientFailure:
        size = self.desk.note.size_bytes
        came = f"{self.desk.size_bytes / 1e6:.1f} MB" + (f" of {size / 1e6:.1f}" if size else "")
        return TransientFailure(
            PROVIDER,
            f"The file at {address.shown!r} did not come within {self._limits.max_s:g} s; "
            f"there are {came}.",
            remedy="Retry the job: what has come is kept.",
        )

    def _changes(self, address: Address) -> BadOutput:
        return BadOutput(
            PROVIDER,
            f"The file at {address.shown!r} changes while it is fetched.",
            remedy="Give the address of a file that stays as it is.",
        )


class _Changed(Exception):
    """What came is no part of the file that the other part is of."""


class _Short(Exception):
    """The server sent less than the rest, and said so."""


class _FilmDownload(Download):
    """One attempt. `gained_bytes`: how many were added to what had come before."""

    def __init__(
        self,
        url: str,
        desk: Desk,
        limits: FetchLimits,
        named: str,
        net: Net,
        on_share: OnShare | None,
    ) -> None:
        super().__init__(limits, ("clip",), named, net)
        self._url = url
        self._desk = desk
        self._on_share = on_share
        self._note = desk.note
        self._had_bytes = desk.size_bytes if self._note.mark else 0
        self.gained_bytes = 0
        self.has_changed = False

    def more_headers(self) -> list[tuple[str, str]]:
        if not self._had_bytes:
            return []
        return [("Range", f"bytes={self._had_bytes}-"), ("If-Range", self._note.mark)]

    def kept(self, reply: httpcore.Response, address: Address, part: Path, to: Path) -> Fetched:
        if reply.status == 416 and self._had_bytes:
            part.unlink(missing_ok=True)
            raise TransientFailure(PROVIDER, f"The file at {address.shown!r} did not come whole.")
        start = 0
        size: int | None
        if reply.status == 206 and self._had_bytes:
            start, size = self._had_bytes, self._size_of_rest(reply)
        elif reply.status == 200:
            size = self._size_of_all(reply)
        else:
            raise refusal(reply, address)
        if size is not None and size > self.limits.max_bytes:
            raise self.too_large(address)
        try:
            self._write(reply, address, part, start, size)
            return self._whole(address, part, to, size)
        except OSError as error:
            raise not_kept(error) from error

    def _size_of_rest(self, reply: httpcore.Response) -> int:
        """The size of the whole file, of which exactly the rest comes."""
        said = _RANGE.fullmatch(header(reply, b"content-range").strip().lower())
        said_mark = mark(reply)
        known = self._note.size_bytes
        fits = said is not None and int(said[1]) == self._had_bytes
        if not said or not fits or (said_mark and said_mark != self._note.mark):
            self.has_changed = True
            raise _Changed
        size = int(said[3])
        if known is not None and size != known:
            self.has_changed = True
            raise _Changed
        return size

    def _size_of_all(self, reply: httpcore.Response) -> int | None:
        announced = header(reply, b"content-length")
        size = int(announced[:20]) if announced.isdecimal() else None
        note = Note(url=self._url, mark=mark(reply), size_bytes=size)
        self.has_changed = self._had_bytes > 0 and note != self._note
        self._desk.write(note)
        return size

    def _write(
        self, reply: httpcore.Response, address: Address, part: Path, start: int, size: int | None
    ) -> None:
        taken, found = start, None
        with part.open("ab" if start else "wb") as file:
            for piece in self.pieces(reply, address, start):
                found = found or (start > 0) or self.format_of(piece, address)
                file.write(piece)
                taken += len(piece)
                if start:
                    self.gained_bytes = taken - start
                if self._on_share and size:
                    self._on_share(min(taken / size, 1.0))

    def _whole(self, address: Address, part: Path, to: Path, size: int | None) -> Fetched:
        taken = self._desk.size_bytes
        if not taken:
            raise BadOutput(PROVIDER, f"Nothing lies at {address.shown!r}.")
        if size is not None and taken < size:
            raise (
                _Short
                if self.gained_bytes
                else TransientFailure(
                    PROVIDER, f"The file at {address.shown!r} did not come whole."
                )
            )
        with part.open("rb") as file:
            found = self.format_of(file.read(HEAD_BYTES), address)
        return Fetched(part.rename(to.with_suffix(found.suffix)), "clip", taken, address.url)
