"""How a document names a file of the user's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import (
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from reels.document.limits import MAX_PATH_CHARS
from reels.models import Model


class MediaFile(Model):
    """A picture, a clip or a sound: its path, or its path and the hash of its content."""

    path: Path = Field(
        description="Path of the file, relative to the directory of the timeline file, or absolute."
    )
    sha256: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{64}$",
        description="SHA-256 of the file's content in hexadecimal; a file with another content "
        "is refused. Left out, the file is taken as it is.",
    )

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, value: Any) -> Any:
        if isinstance(value, str | Path):
            return {"path": value}
        if not isinstance(value, dict | MediaFile):
            raise ValueError('give the path of a file, or {"path": ..., "sha256": ...}')
        return value

    @field_validator("path")
    @classmethod
    def _beside_the_file(cls, path: Path, info: ValidationInfo) -> Path:
        if not path.name or "\0" in str(path) or len(str(path)) > MAX_PATH_CHARS:
            raise ValueError(f"a path names a file, in at most {MAX_PATH_CHARS} characters")
        folder = (info.context or {}).get("folder")
        return folder / path if folder else path

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> Any:
        return handler(self) if self.sha256 else str(self.path)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        shape = handler.resolve_ref_schema(handler(core))
        path = {"type": "string", "minLength": 1, "maxLength": MAX_PATH_CHARS}
        shape["properties"]["path"] |= path
        del shape["properties"]["path"]["format"]
        described = {key: shape.pop(key) for key in ("title", "description")}
        alone = path | {"description": shape["properties"]["path"]["description"]}
        return {**described, "anyOf": [alone, shape]}
