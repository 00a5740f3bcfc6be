"""What every visual kind needs: its spec parsed, its picture stored."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TypeVar

from PIL import Image
from pydantic import JsonValue, ValidationError

from reels.errors import InvalidInput
from reels.models import Model

SpecModel = TypeVar("SpecModel", bound=Model)


def parse_spec(model: type[SpecModel], spec: dict[str, JsonValue]) -> SpecModel:
    """The spec as its kind's model.

    Raises:
        InvalidInput: naming the first offending value as `visual.spec.…`.
    """
    try:
        return model.model_validate(spec)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in ("visual", "spec", *first["loc"]))
        raise InvalidInput(path, f"{path}: {first['msg']}.") from error


def save_png(picture: Image.Image, to: Path) -> Path:
    """Write an opaque PNG to `to`, quickly rather than small; returns it."""
    buffer = BytesIO()
    picture.convert("RGB").save(buffer, "PNG", compress_level=1)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(buffer.getvalue())
    return to
