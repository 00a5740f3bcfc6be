"""The description of the API. Bodies are read by our own guards, so they are described here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.doors.idempotency import describe_keys
from api.identity.described import secure
from api.models import CreateVideo, DraftAnswer, IdeaToExpand, Retry, SubtitlesAnswer
from api.problems import Problem
from api.scenarios.models import ClaimWanted, NextWanted, TaskUpdate
from api.views.short import TextToVideo
from reels.film import HlsRequest
from reels.media import Upload
from reels.models import VideoRequest
from reels.scenarios.models import ScenarioRequest
from reels.uploads import UploadWanted
from reels.webhooks.registry import WantedWebhook

_REF = "#/components/schemas/{model}"
#: What FastAPI does not see: bodies that our guards read, and the shape of every error.
_MODELS: tuple[type[BaseModel], ...] = (
    VideoRequest,
    DraftAnswer,
    SubtitlesAnswer,
    IdeaToExpand,
    Retry,
    TextToVideo,
    Upload,
    UploadWanted,
    CreateVideo,
    WantedWebhook,
    HlsRequest,
    ScenarioRequest,
    ClaimWanted,
    NextWanted,
    TaskUpdate,
    Problem,
)


def json_body(
    model: type[BaseModel], examples: Mapping[str, Any], *, required: bool = True
) -> dict[str, Any]:
    """The `openapi_extra` of a route whose body is `model`, one of `_MODELS`."""
    content = {
        "schema": {"$ref": _REF.format(model=model.__name__)},
        "examples": {name: {"value": value} for name, value in examples.items()},
    }
    return {"requestBody": {"required": required, "content": {"application/json": content}}}


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole OpenAPI document, with the bodies' models among its components."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
        )
        _, bodies = models_json_schema(
            [(model, "validation") for model in _MODELS], ref_template=_REF
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for name, schema in bodies["$defs"].items():
            schemas.setdefault(name, schema)
        describe_keys(document)
        secure(document, app.state.identity)
        app.openapi_schema = document
    return app.openapi_schema
