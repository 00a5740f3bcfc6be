"""Every error as RFC 9457 problem+json, from one place.

`ReelsError`s, FastAPI's and Starlette's errors and whatever nobody caught become a
`Problem`. A 500 tells no more than an id, under which the log has the traceback.
"""

from __future__ import annotations

import logging
import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field, JsonValue
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.routing import Match

from api.metrics import REFUSALS
from reels import errors
from reels.models import Model
from reels.observing import mishaps

log = logging.getLogger("api")

MEDIA_TYPE = "application/problem+json"
#: Nobody mends more at once, and a body may have a hundred thousand.
MOST_FIELDS = 100


class FieldError(Model):
    """One offending value. `field` is a dotted path, as in `storyboard.scenes.0.narration`."""

    field: str
    message: str


class Problem(Model):
    """RFC 9457, with the offending fields, what to do, and the id of an internal error."""

    type: str = Field(examples=["urn:reelwright:problem:invalid-input"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["aspect: Input should be '9:16', '16:9' or '1:1'"])
    instance: str = Field(examples=["/videos"])
    errors: tuple[FieldError, ...] = ()
    remedy: str | None = None
    error_id: str | None = None


class InvalidFields(errors.InvalidInput):
    """Several offending fields at once; `field` is the first one's."""

    def __init__(self, fields: Sequence[FieldError]) -> None:
        super().__init__(fields[0].field, "; ".join(f"{e.field}: {e.message}" for e in fields))
        self.fields = tuple(fields)


class Unready(errors.Unavailable):
    """What the service stands on does not answer; `fields` names the parts."""

    def __init__(self, fields: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{each.field}: {each.message}" for each in fields))
        self.fields = tuple(fields)


#: The nearest class in an error's line of ancestors decides.
_STATUS: dict[type[errors.ReelsError], tuple[int, str]] = {
    errors.InvalidInput: (422, "invalid-input"),
    errors.Unauthenticated: (401, "unauthenticated"),
    errors.Forbidden: (403, "forbidden"),
    errors.NotFound: (404, "not-found"),
    errors.Conflict: (409, "conflict"),
    errors.LimitReached: (429, "limit-reached"),
    errors.Unavailable: (503, "unavailable"),
    errors.StoreUnavailable: (503, "unavailable"),
    errors.ArtifactMissing: (404, "not-found"),
    errors.Unreadable: (409, "unreadable"),
    errors.LinkRefused: (403, "link-refused"),
    errors.ProviderError: (502, "provider"),
    errors.RateLimited: (503, "unavailable"),
    errors.TransientFailure: (503, "unavailable"),
    errors.QuotaExceeded: (503, "unavailable"),
    errors.ContentBlocked: (422, "content-blocked"),
}

#: Quotas come back by the day or by the month.
_QUOTA_RETRY_S = 3600

_SLUGS = {400: "malformed", 404: "not-found", 405: "method-not-allowed", 413: "too-large"}


def install(app: FastAPI) -> None:
    """Answer every error of `app` as a problem."""
    app.add_exception_handler(errors.ReelsError, _on_reels_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_anything)


async def answer_to(request: Request, error: errors.ReelsError | HTTPException) -> JSONResponse:
    """The problem that an error is answered with, for a route that has to add to it."""
    if isinstance(error, HTTPException):
        return await _on_http_error(request, error)
    return await _on_reels_error(request, error)


#: What any route may answer. A value of another form may make its path another route's: 405.
_ANYWHERE = (405, 422, 429, 500, 503)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """A route's declared error answers, for OpenAPI, with those that all have in common."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in sorted({*statuses, *_ANYWHERE})
    }


def field_errors(
    found: Iterable[Mapping[str, Any]], data: JsonValue, root: str
) -> tuple[FieldError, ...]:
    """Pydantic's errors with the paths of the caller's own data.

    Pydantic puts the names of union members into a path; they are no part of `data`.
    `root` names errors of the whole body. Of very many the first `MOST_FIELDS` are told.
    """
    named = [
        (_path(each["loc"], data, missing=each["type"] == "missing"), str(each["msg"]))
        for each in found
    ]
    # A list with a wrong item is reported too, as too short; so are the other members of a
    # union. The innermost path is the one that helps.
    outer = {path[:end] for path, _ in named for end in range(len(path))}
    inner = ((path, message) for path, message in named if path not in outer)
    return tuple(
        FieldError(field=".".join(path) or root, message=message.removeprefix("Value error, "))
        for path, message in islice(inner, MOST_FIELDS)
    )


def _path(loc: Sequence[str | int], data: JsonValue, *, missing: bool) -> tuple[str, ...]:
    kept: list[str] = []
    for part in loc:
        if isinstance(data, dict) and part in data:
            data = data[str(part)]
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        elif not (missing and part == loc[-1]):
            continue
        kept.append(str(part))
    return tuple(kept)


async def _on_reels_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.ReelsError)
    found = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), None)
    if found is None:
        return await _on_anything(request, error)
    status, slug = found
    named: tuple[FieldError, ...] = ()
    if isinstance(error, InvalidFields | Unready):
        named = error.fields
    elif isinstance(error, errors.InvalidTemplate):
        named = template_fields(error)
    elif isinstance(error, errors.InvalidInput):
        named = (FieldError(field=error.field, message=error.message),)
    headers = _headers(error, status)
    return _answer(
        request, status, slug, error.message, named=named, remedy=error.remedy, headers=headers
    )


def template_fields(error: errors.InvalidTemplate) -> tuple[FieldError, ...]:
    """Each fault by its line: `template.12`, or `template` where it is in none."""
    return tuple(
        FieldError(field=f"template.{each.line}" if each.line else "template", message=each.message)
        for each in error.faults
    )


def _headers(error: errors.ReelsError, status: int) -> dict[str, str] | None:
    if isinstance(error, errors.Unauthenticated):
        return {"WWW-Authenticate": error.scheme}
    return {"Retry-After": _retry_after(error)} if status in (429, 503) else None


async def refusal(connection: HTTPConnection, error: errors.ReelsError) -> JSONResponse:
    """The answer to what a WebSocket has asked for, before it is accepted."""
    scope = {**connection.scope, "type": "http", "method": "GET"}
    return await _on_reels_error(Request(scope), error)


async def _on_validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    named = tuple(
        FieldError(field=".".join(map(str, each["loc"][1:])), message=each["msg"])
        for each in error.errors()
    )
    detail = "; ".join(f"{each.field}: {each.message}" for each in named)
    return _answer(request, 422, "invalid-input", detail, named=named)


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    details = {
        404: f"There is nothing at {request.url.path}.",
        405: f"{request.method} is not possible at {request.url.path}.",
        413: "The request's body is too large.",
    }
    phrase = HTTPStatus(error.status_code).phrase
    detail = error.detail if error.detail != phrase else details.get(error.status_code, phrase)
    if error.status_code == 413:
        REFUSALS.labels("body").inc()
        detail = details[413]
    slug = _SLUGS.get(error.status_code, "http")
    headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
    return _answer(request, error.status_code, slug, detail, headers=headers)


def _allowed(request: Request) -> str:
    """Every method that the path has; Starlette names those of the first route only."""
    possible = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        for route in request.app.routes
        if route.matches({**request.scope, "method": method})[0] == Match.FULL
    ]
    return ", ".join(dict.fromkeys(possible))


async def _on_anything(request: Request, error: Exception) -> JSONResponse:
    error_id = uuid.uuid4().hex[:12]
    log.error("Error %s at %s %r", error_id, request.method, request.url.path, exc_info=error)
    mishaps.report(error, error_id=error_id)
    detail = f"Something went wrong that should not have. Quote error {error_id}."
    return _answer(request, 500, "internal", detail, error_id=error_id)


def _retry_after(error: errors.ReelsError) -> str:
    if isinstance(error, errors.QuotaExceeded):
        return str(_QUOTA_RETRY_S)
    return str(math.ceil(getattr(error, "retry_after_s", None) or 2))


def _answer(
    request: Request,
    status: int,
    slug: str,
    detail: str,
    *,
    named: tuple[FieldError, ...] = (),
    remedy: str = "",
    error_id: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    problem = Problem(
        type=f"urn:reelwright:problem:{slug}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=request.url.path,
        errors=named,
        remedy=remedy or None,
        error_id=error_id,
    )
    return JSONResponse(
        problem.model_dump(mode="json", exclude_none=True),
        status,
        headers=dict(headers or {}),
        media_type=MEDIA_TYPE,
    )
