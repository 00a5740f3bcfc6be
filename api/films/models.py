"""What is answered of films that come by their addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from api.models import JobError
from reels.models import Model
from reels.stages import Status

#: The fields whose addresses are signed.
FILM_LINKS: Final = ("playlist_url", "watch_url", "poster_url")
_ID = "019a2b3c-0000-7000-8000-000000000001"
_QUERY = "user=ann&expires=1767322245&signature=0f3a"
_PLAYLIST = f"http://127.0.0.1:8100/hls/{_ID}.m3u8?{_QUERY}"
_TAKEN: dict[str, JsonValue] = {"id": _ID, "title": "Spring in Kyoto", "playlist_url": _PLAYLIST}


class FilmTaken(Model):
    """A film has been taken on; the playlist is there once a first size of it is."""

    model_config = ConfigDict(json_schema_extra={"example": _TAKEN})

    id: UUID
    title: str
    playlist_url: str


class FilmVariant(Model):
    """A size in which the film can be played, or will be. `bandwidth` is in bits a second."""

    name: str
    width_px: int = Field(gt=0)
    height_px: int = Field(gt=0)
    bandwidth: int | None = Field(default=None, ge=0)
    codecs: str | None = None
    state: Literal["pending", "ready"]


class FilmState(Model):
    """A film and how far its packaging is; `progress` is in per cent.

    `original_url` is none's for a video that was made here. The other addresses carry
    signatures, which end.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                **_TAKEN,
                "user_id": "ann",
                "original_url": "https://media.example.org/kyoto.mp4",
                "watch_url": f"http://127.0.0.1:8100/watch/{_ID}?{_QUERY}",
                "created_at": "2026-01-02T03:04:05Z",
                "updated_at": "2026-01-02T03:05:41Z",
                "status": "ready",
                "progress": 100,
                "duration_s": 61.4,
                "variants": [
                    {
                        "name": "v540",
                        "width_px": 540,
                        "height_px": 960,
                        "bandwidth": 2_410_000,
                        "codecs": "avc1.64001f,mp4a.40.2",
                        "state": "ready",
                    }
                ],
            }
        }
    )

    id: UUID
    user_id: str
    title: str
    original_url: str | None
    playlist_url: str
    watch_url: str
    poster_url: str | None = None
    created_at: datetime | None
    updated_at: datetime | None
    status: Status
    progress: int = Field(ge=0, le=100)
    duration_s: float | None = None
    variants: tuple[FilmVariant, ...] = ()
    error: JobError | None = None
