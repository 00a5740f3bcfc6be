"""Templates of scenarios: those of the house, and a user's own."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Path, Response
from fastapi.responses import PlainTextResponse

from api.doors.door import Router
from api.doors.guards import text_of
from api.identity import User
from api.problems import responses
from api.scenarios.models import TemplateInfo, TemplateList
from api.scenarios.templates import Templates
from api.services import Deps, in_thread
from reels.scenarios.models import MAX_TEMPLATE_CHARS

router = Router(prefix="/scenarios/templates", tags=["scenarios"])

#: What makes clients from the document knows; it is in there for all of them.
_BYTES: Final = "application/octet-stream"
#: An upload by curl names no type at all.
_TAKEN: Final = (
    "application/yaml",
    "application/x-yaml",
    "text/yaml",
    "text/x-yaml",
    "text/plain",
    _BYTES,
    "",
)
_NAME_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
_Name = Annotated[str, Path(pattern=_NAME_PATTERN, max_length=80, examples=["CreateVideo"])]
EXAMPLE: Final = """\
scenario_id: "{{ SHORT_UUID('Text') }}"
version: "1.0.0"
name: OneText
tasks:
  - id: "{{ SHORT_UUID('CreateText') }}"
    service: text-service
    name: CreateText
    prompt: "{{ description }}"
"""
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            _BYTES: {
                "schema": {"type": "string", "format": "binary", "maxLength": MAX_TEMPLATE_CHARS},
                "examples": {"one task": {"value": EXAMPLE}},
            }
        },
    }
}


@router.get("", responses=responses(401))
async def list_templates(user: User, services: Deps) -> TemplateList:
    """The templates that `POST /generate` knows: the house's, and yours."""
    return await in_thread(Templates(services.store, user).all)


@router.get(
    "/{name}",
    # With what Jinja adds it is no YAML yet.
    response_class=PlainTextResponse,
    responses=responses(401, 404),
)
async def read_template(name: _Name, user: User, services: Deps) -> str:
    """A template's text: yours, or the house's where you have none of that name."""
    return await in_thread(Templates(services.store, user).read, name)


@router.put(
    "/{name}",
    responses=responses(401, 409, 413, 415),
    openapi_extra=_BODY,
)
async def put_template(
    name: _Name,
    user: User,
    template: Annotated[str, Depends(text_of(_TAKEN, MAX_TEMPLATE_CHARS, "template"))],
    services: Deps,
) -> TemplateInfo:
    """Keep a template of yours (YAML with Jinja2), once it has been found possible.

    The body is its text, as `application/yaml` or `application/octet-stream`. It is tried with
    its own defaults; what is wrong is told by its lines (`template.12`).
    """
    templates = Templates(services.store, user)
    return await templates.put(name, template, services.scenarios.expander)


@router.delete("/{name}", status_code=204, responses=responses(401, 404))
async def remove_template(name: _Name, user: User, services: Deps) -> Response:
    """Delete a template of yours. What was made from it stays."""
    await in_thread(Templates(services.store, user).remove, name)
    return Response(status_code=204)
