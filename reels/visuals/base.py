"""The interface of a visual kind: a spec becomes a picture or a clip."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from reels.models import LanguageTag, Model


class Canvas(Model):
    """What a visual is drawn for. `captions` keeps the caption band free of content."""

    size_px: tuple[int, int]
    language: LanguageTag = "en"
    style: str = ""
    captions: bool = True
    scene_number: int = 1
    scene_count: int = 1


class VisualKind(Protocol):
    """Draws one kind of visual. `kind` and `version` are part of the content key."""

    kind: str

    @property
    def version(self) -> str:
        """Of our own code and, where one draws, of the model that the settings name now."""
        ...

    def draw(self, spec: dict[str, JsonValue], canvas: Canvas, to: Path) -> Path:
        """Draw an opaque PNG of exactly `canvas.size_px` to `to`; returns it.

        A kind that does not draw, but takes what there is, gives a JPEG, PNG, WebP or MP4 of
        any size, beside `to` and under its name with the suffix of what it is.

        Raises:
            InvalidInput: the spec breaks the kind's own model.
            ProviderError: the picture could not be made.
        """
        ...
