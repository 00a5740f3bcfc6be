"""Downloads of addresses that users give. Nothing else may fetch one.

Only public web servers are asked, on ports 80 and 443, at most three redirects are followed
and checked like the first address, nothing of the environment (proxies, netrc) counts, and
what comes is cut off at a size and at a deadline for all of it. What it is, its first bytes
say.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

from reels.addresses import Address, Host, check_address, read_address, read_hosts
from reels.errors import BadOutput, InvalidInput, ProviderError
from reels.fetch_errors import PROVIDER, header, in_our_words, refusal
from reels.settings import FetchSettings
from reels.sniffing import HEAD_BYTES, FileKind, Format, sniff

if TYPE_CHECKING:
    import httpcore

    from reels.dialing import Resolver

MAX_REDIRECTS = 3
_REDIRECTS = {301, 302, 303, 307, 308}
_HEADERS = [("Accept", "*/*"), ("Accept-Encoding", "identity"), ("User-Agent", "reelwright")]
_MB = 1_000_000


class FetchLimits(NamedTuple):
    """The most bytes, and the most seconds for all of it, redirects too."""

    max_bytes: int
    max_s: float


class Fetched(NamedTuple):
    """A file that came, of `size_bytes` bytes, from `url` in the end."""

    path: Path
    kind: FileKind
    size_bytes: int
    url: str


@dataclass(frozen=True)
class Net:
    """The network as downloads see it; `allowed` hosts may be anywhere. Tests bring their own."""

    allowed: frozenset[Host] = frozenset()
    resolve: Resolver | None = None
    backend: httpcore.NetworkBackend | None = None
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, settings: FetchSettings) -> Net:
        return cls(allowed=read_hosts(settings.fetch_allowed_hosts))


def limits_for(kind: FileKind, settings: FetchSettings | None = None) -> FetchLimits:
    """What the settings allow for a file of this kind."""
    settings = settings or FetchSettings()
    megabytes = settings.fetch_picture_mb if kind == "picture" else settings.fetch_sound_mb
    return FetchLimits(megabytes * _MB, settings.fetch_timeout_s)


def fetch(
    url: str,
    to: Path,
    limits: FetchLimits,
    kinds: tuple[FileKind, ...],
    *,
    named: str = "url",
    net: Net | None = None,
) -> Fetched:
    """Bring the file at `url` beside `to`, under its name with the suffix of what it is.

    `named` is the field that errors name. Without a `net` the settings' trusted hosts count.

    Raises:
        InvalidInput: the address, or one that it redirects to, is refused.
        BadOutput: the server refuses, or what it sends is too large or of none of the kinds.
        TransientFailure, RateLimited: it may come another time.
        ProviderError: the file cannot be kept.
    """
    asked = Download(limits, kinds, named, net or Net.of(FetchSettings()))
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(f"{to.name}.part")
    try:
        return asked.follow(read_address(url, named), part, to)
    finally:
        part.unlink(missing_ok=True)


class Download:
    """One exchange, redirects included; `reels.film_fetch` asks for a part of a file by it."""

    def __init__(
        self, limits: FetchLimits, kinds: tuple[FileKind, ...], named: str, net: Net
    ) -> None:
        self.limits = limits
        self.kinds = kinds
        self._named = named
        self._net = net
        self._until_s = time.monotonic() + limits.max_s

    def follow(self, first: Address, part: Path, to: Path) -> Fetched:
        address = first
        for _ in range(MAX_REDIRECTS + 1):
            check_address(address, self._net.allowed, self._named)
            with self._answer(address) as reply:
                if reply.status not in _REDIRECTS:
                    return self.kept(reply, address, part, to)
                address = self._onward(reply, address)
        raise InvalidInput(
            self._named,
            f"The address {first.shown!r} is redirected more than {MAX_REDIRECTS} times.",
        )

    @contextmanager
    def _answer(self, address: Address) -> Iterator[httpcore.Response]:
        """HTTP libraries are loaded when something is fetched, not when kinds are listed."""
        import httpcore

        from reels.dialing import guarded

        target = httpcore.URL(
            scheme=address.scheme, host=address.host, port=address.port, target=address.target
        )
        headers = [("Host", address.authority), *_HEADERS, *self.more_headers()]
        with (
            in_our_words(address),
            guarded(self._net, self._named, self._until_s) as pool,
            pool.stream("GET", target, headers=headers) as reply,
        ):
            yield reply

    def _onward(self, reply: httpcore.Response, address: Address) -> Address:
        location = header(reply, b"location")
        if not location:
            raise BadOutput(PROVIDER, f"{address.shown!r} redirects to nowhere.")
        try:
            onward = urljoin(address.url, location)
        except ValueError:
            onward = location
        return read_address(onward, self._named)

    def more_headers(self) -> list[tuple[str, str]]:
        """What is asked for beside the file."""
        return []

    def kept(self, reply: httpcore.Response, address: Address, part: Path, to: Path) -> Fetched:
        """The file of an answer that is no redirect."""
        if reply.status != 200:
            raise refusal(reply, address)
        announced = header(reply, b"content-length")
        if announced.isdecimal() and int(announced[:20]) > self.limits.max_bytes:
            raise self.too_large(address)
        found, taken = None, 0
        try:
            with part.open("wb") as file:
                for piece in self.pieces(reply, address):
                    found = found or self.format_of(piece, address)
                    taken += len(piece)
                    file.write(piece)
            if found is None:
                raise BadOutput(PROVIDER, f"Nothing lies at {address.shown!r}.")
            path = part.rename(to.with_suffix(found.suffix))
        except OSError as error:
            raise not_kept(error) from error
        return Fetched(path, self.kind_of(found), taken, address.url)

    def kind_of(self, found: Format) -> FileKind:
        return next(kind for kind in self.kinds if kind in found.kinds)

    def pieces(self, reply: httpcore.Response, address: Address, taken: int = 0) -> Iterator[bytes]:
        """The body, of which the first piece is long enough to tell what it is.

        Raises:
            BadOutput: it is too large, with the `taken` bytes that came before.
        """
        head = b""
        for piece in reply.iter_stream():
            taken += len(piece)
            if taken > self.limits.max_bytes:
                raise self.too_large(address)
            head += piece
            if len(head) >= HEAD_BYTES:
                yield head
                head = b""
        if head:
            yield head

    def format_of(self, head: bytes, address: Address) -> Format:
        """Raises BadOutput: it is of none of the kinds."""
        found = sniff(head)
        if found is None or not set(found.kinds) & set(self.kinds):
            wanted = " or ".join(self.kinds)
            raise BadOutput(
                PROVIDER,
                f"What lies at {address.shown!r} is no {wanted} of a kind that is taken.",
                remedy=" ".join(_TAKEN[kind] for kind in self.kinds),
            )
        return found

    def too_large(self, address: Address) -> BadOutput:
        return BadOutput(
            PROVIDER,
            f"The file at {address.shown!r} has more than {self.limits.max_bytes / _MB:g} MB.",
            remedy="Make it smaller.",
        )


def not_kept(error: OSError) -> ProviderError:
    """What a full disk and its like mean to a download."""
    reason = error.strerror or type(error).__name__
    return ProviderError(PROVIDER, f"A download cannot be kept: {reason}.")


_TAKEN: dict[FileKind, str] = {
    "picture": "Use a PNG, JPEG or WebP file.",
    "clip": "Use an MP4 or WebM file.",
    "sound": "Use a WAV, MP3, M4A, FLAC or OGG file.",
}
