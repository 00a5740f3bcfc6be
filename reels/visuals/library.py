"""The visual kind `library`: a picture or clip from a folder of the user's, or of everyone's.

Media lie in the store, of which `reels` knows nothing: the flows resolve this kind
(`flows.library`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, JsonValue

from reels.errors import InvalidInput, RenderError
from reels.keys import check_name
from reels.models import Folder, Model
from reels.visuals.base import Canvas
from reels.visuals.picture import parse_spec

_SUFFIXES = {b"\xff\xd8\xff": ".jpg", b"\x89PN": ".png", b"RIF": ".webp"}


def _name(value: str) -> str:
    try:
        return check_name(value) if value else value
    except InvalidInput as error:
        raise ValueError(str(error)) from None


class LibrarySpec(Model):
    """`folder` is empty for the job's own. With a `name` that file is shown; without, the
    scenes of a video get the folder's media in turn, none twice."""

    folder: Folder = ""
    name: Annotated[str, Field(max_length=240), AfterValidator(_name)] = ""


class Library:
    """Only a job has a store to take from."""

    kind = "library"
    version = "1"

    def check(self, spec: dict[str, JsonValue]) -> None:
        """See `reels.visuals.check_spec`."""
        parse_spec(LibrarySpec, spec)

    def draw(self, spec: dict[str, JsonValue], canvas: Canvas, to: Path) -> Path:  # noqa: ARG002
        """See `VisualKind.draw`. Raises InvalidInput: there is no store here."""
        raise InvalidInput(
            "visual.kind", "Media of a library are shown in jobs only: there is no store here."
        )


def suffix_of_media(path: Path, work: Path) -> str:
    """`.jpg`, `.png`, `.webp` or `.mp4`, by what a user's file really is; it is decoded.

    `work` is a directory for passing files. A clip of any container counts as `.mp4`: what
    reads it looks for itself.

    Raises:
        RenderError: it is nothing that can be shown.
    """
    # OpenCV is loaded when a file is looked at, not when the kinds are listed.
    from reels.footage import footage
    from reels.pictures import decode
    from reels.timeline import Media

    media = Media.of(path)
    if media.kind == "clip":
        footage(media, work)
        return ".mp4"
    decode(path)
    with path.open("rb") as file:
        suffix = _SUFFIXES.get(file.read(3))
    if suffix is None:
        raise RenderError(f"The picture {path.name} is of no kind that is taken.")
    return suffix
