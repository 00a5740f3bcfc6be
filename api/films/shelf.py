"""Playlists out of the store, with the addresses that players are to ask.

What players ask for one after another is made once: it is kept for seconds, far shorter
than the links in it live.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit
from uuid import UUID

from anyio.to_thread import run_sync
from cachetools import TTLCache

from api.films.passes import Passes, Scope
from api.films.rewriting import length_s, readdressed, readdressed_sheet, variants
from api.live.flights import Flights
from reels.artifacts import ArtifactStore, job_prefix
from reels.links import MAX_LINK_S
from reels.settings import PlayingSettings

MASTER: Final = "master.m3u8"
SHEET: Final = "thumbnails.vtt"
POSTER: Final = "poster.jpg"
#: A master grows while a film is packaged; what else there is does not change.
MASTER_S: Final = 1.0
KEPT_S: Final = 60.0
_KEPT_BYTES: Final = 32 << 20


class Text(NamedTuple):
    """A playlist as it is sent."""

    body: bytes
    packed: bytes
    etag: str

    @classmethod
    def of(cls, text: str) -> Text:
        body = text.encode()
        digest = hashlib.sha256(body).hexdigest()
        # The same for both forms, and so a weak one.
        return cls(body, gzip.compress(body, 6, mtime=0), f'W/"{digest[:24]}"')

    @property
    def size(self) -> int:
        return len(self.body) + len(self.packed)


class Film(NamedTuple):
    """Whose film it is, and which."""

    owner: str
    id: UUID

    def key(self, name: str) -> str:
        """Where a part of its package lies in the store."""
        return f"{job_prefix(self.owner, str(self.id))}/hls/{name}"


class Shelf:
    """The films' playlists. `ArtifactMissing` is raised for what there is not."""

    def __init__(self, store: ArtifactStore, passes: Passes, settings: PlayingSettings) -> None:
        self._store = store
        self._passes = passes
        self._settings = settings
        self._masters: TTLCache[Film, str] = TTLCache(1_000, MASTER_S)
        self._texts: TTLCache[tuple[Film, str], tuple[Text, float]] = TTLCache(
            _KEPT_BYTES, KEPT_S, getsizeof=lambda kept: kept[0].size
        )
        self._flights: Flights[tuple[Film, str], tuple[Text, float]] = Flights()

    async def master(self, film: Film) -> Text:
        """The master: its tracks' addresses are relative to its own, and signed."""
        plain, film_s = await self.read(film)
        query = self._passes.query(Scope.TRACKS, film.id, film.owner, self._life_s(film_s))
        return Text.of(readdressed(plain, lambda uri: f"{film.id}/{uri}?{query}"))

    async def read(self, film: Film) -> tuple[str, float]:
        """The master as it lies in the store, and the film's length in seconds."""
        plain = self._masters.get(film)
        if plain is None:
            plain = (await run_sync(self._store.read, film.key(MASTER))).decode()
            self._masters[film] = plain
        _, film_s = await self._kept(film, variants(plain)[0].uri, self._make_track)
        return plain, film_s

    async def shape(self, film: Film) -> tuple[int, int]:
        """The picture's width and height in the size that a player starts with."""
        plain, _ = await self.read(film)
        return variants(plain)[0].size_px

    async def track(self, film: Film, track: str, name: str) -> Text:
        """A media playlist, whose segments are links."""
        found, _ = await self._kept(film, f"{track}/{name}", self._make_track)
        return found

    async def sheet(self, film: Film) -> Text:
        """When which part of which picture is to be shown for seeking."""
        found, _ = await self._kept(film, SHEET, self._make_sheet)
        return found

    async def poster(self, film: Film, life_s: int) -> str | None:
        """A link to the picture that stands for the film, once there is one."""
        if await run_sync(self._store.head, film.key(POSTER)) is None:
            return None
        return await run_sync(self._link, film, POSTER, life_s)

    def origin(self, film: Film) -> str:
        """Where segments come from, as browsers write it."""
        link = urlsplit(self._link(film, POSTER, self._life_s(0)))
        return f"{link.scheme}://{link.netloc}"

    async def _kept(
        self,
        film: Film,
        path: str,
        make: Callable[[Film, str], tuple[Text, float]],
    ) -> tuple[Text, float]:
        found: tuple[Text, float] | None = self._texts.get((film, path))
        if found is None:
            found = await self._flights.join((film, path), partial(run_sync, make, film, path))
            if found[0].size <= self._texts.maxsize:
                self._texts[film, path] = found
        return found

    def _make_track(self, film: Film, path: str) -> tuple[Text, float]:
        plain = self._store.read(film.key(path)).decode()
        film_s = length_s(plain)
        folder, life_s = path.rpartition("/")[0], self._life_s(film_s)
        known: dict[str, str] = {}

        def address(name: str) -> str:
            if name not in known:
                known[name] = self._link(film, f"{folder}/{name}", life_s)
            return known[name]

        return Text.of(readdressed(plain, address)), film_s

    def _make_sheet(self, film: Film, path: str) -> tuple[Text, float]:
        plain = self._store.read(film.key(path)).decode()
        life_s = self._life_s(0)
        made = readdressed_sheet(plain, lambda name: self._link(film, name, life_s))
        return Text.of(made), 0.0

    def _life_s(self, film_s: float) -> int:
        """So long that a film is seen to its end, with pauses, once it has begun."""
        return min(MAX_LINK_S, int(film_s) + self._settings.hls_margin_s)

    def _link(self, film: Film, name: str, life_s: int) -> str:
        key = film.key(name)
        if self._settings.hls_public_url:
            return f"{self._settings.hls_public_url.rstrip('/')}/{quote(key)}"
        return self._store.link(key, expires_s=life_s)
