"""What the OpenAPI document says of proving who asks."""

from __future__ import annotations

from typing import Any, Final

from api.identity.base import USER_HEADER, Identity

_METHODS: Final = ("get", "post", "put", "patch", "delete")


def secure(document: dict[str, Any], identity: Identity) -> None:
    """Name in `document` the ways of `identity` on every operation that asks who it is.

    Those are the ones that name the user's header; a mode with ways of its own has these in
    the header's place. Without any, the header stays what it is: something that may be sent.
    """
    if not identity.ways:
        return
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    for way in identity.ways:
        schemes.update(way)
    for operation in _operations(document):
        others = [each for each in operation.get("parameters", ()) if each["name"] != USER_HEADER]
        if len(others) == len(operation.get("parameters", ())):
            continue
        operation["parameters"] = others
        operation["security"] = [{name: [] for name in way} for way in identity.ways]


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        path[method]
        for path in document.get("paths", {}).values()
        for method in _METHODS
        if method in path
    ]
