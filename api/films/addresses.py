"""The public addresses of films, and who may follow them."""

from __future__ import annotations

from dataclasses import dataclass

from api.films.passes import Passes, Scope
from api.films.shelf import Film, Shelf
from api.live.reading import Reader
from reels.artifacts import ArtifactStore
from reels.settings import PlayingSettings, StoreSettings


@dataclass(frozen=True)
class Films:
    """One per app. `reader` has the answers of `GET /api/videos/{id}`."""

    reader: Reader
    passes: Passes
    shelf: Shelf
    settings: PlayingSettings

    @classmethod
    def of(
        cls,
        reader: Reader,
        store: ArtifactStore,
        storage: StoreSettings,
        settings: PlayingSettings,
    ) -> Films:
        passes = Passes(storage)
        return cls(reader, passes, Shelf(store, passes, settings), settings)

    def playlist(self, film: Film) -> str:
        """The path and the query of the master playlist, for whoever is given it."""
        return f"/hls/{film.id}.m3u8?{self.query(film)}"

    def page(self, film: Film) -> str:
        """The same of the page on which the film is watched."""
        return f"/watch/{film.id}?{self.query(film)}"

    def query(self, film: Film) -> str:
        """What opens the film's master and its page."""
        life_s = self.settings.hls_playlist_s
        return self.passes.query(Scope.FILM, film.id, film.owner, life_s)
