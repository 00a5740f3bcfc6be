"""What every body passes before a model sees it.

JSON only, of bounded size and depth, with every key once and every number finite, and
without the keys by which Prefect takes templates and secrets out of parameters.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, JsonValue, ValidationError
from starlette.exceptions import HTTPException

from api.problems import InvalidFields, field_errors
from reels.errors import InvalidInput
from reels.observing.about import about
from reels.reserved import RESERVED_KEYS

M = TypeVar("M", bound=BaseModel)

MAX_BODY_BYTES = 1_000_000
MAX_DEPTH = 32
#: Commas and opening brackets: twice as many as a body full of cues has. Behind each may be a
#: value, which costs a hundred times its bytes; a file in base64 has none of them.
MAX_MARKS = MAX_BODY_BYTES // 5
_LIMITS: dict[object, Callable[[Request], int]] = {}


def usual_limit(_request: Request) -> int:
    """How many bytes a body may have that holds no file."""
    return MAX_BODY_BYTES


def body_of(
    model: type[M],
    *,
    root: str,
    may_be_empty: bool = False,
    limit: Callable[[Request], int] = usual_limit,
) -> Callable[[Request], Awaitable[M]]:
    """A dependency that reads the body as `model`, strictly: nothing is converted.

    `root` is the field that is named when no single one is wrong. With `may_be_empty`
    an empty body is the model's defaults. `limit` is how many bytes it may have.
    """

    async def read(request: Request) -> M:
        raw = await _read(request, limit(request))
        if may_be_empty and not raw.strip():
            return model()
        _require_json(request)
        data = parse(raw)
        about().withhold(data)
        if not isinstance(data, dict):
            raise InvalidInput(root, "The body must be a JSON object.")
        try:
            return model.model_validate_json(raw, strict=True)
        except ValidationError as error:
            raise _as_invalid(error, data, root) from None

    _LIMITS[read] = limit
    return read


def text_of(kinds: Collection[str], most: int, field: str) -> Callable[[Request], Awaitable[str]]:
    """A dependency that reads a body of one of the media types `kinds` as a text.

    It may have `most` characters; `field` is named when it is none, or too long.
    """

    async def read(request: Request) -> str:
        raw = await _read(request, most * 4)
        if _kind_of(request) not in kinds:
            raise HTTPException(415, f"The body must be sent as {next(iter(kinds))}.")
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            raise InvalidInput(field, "The text is not in UTF-8.") from None
        if len(text) > most or "\0" in text:
            raise InvalidInput(field, f"A text has at most {most:,} characters, and no NUL.")
        about().withhold(text)
        return text

    return read


def body_limit_of(dependency: object) -> Callable[[Request], int] | None:
    """How many bytes a dependency reads that `body_of` has made; None for any other."""
    return _LIMITS.get(dependency)


def parse(raw: bytes) -> JsonValue:
    """The body's JSON.

    Raises:
        HTTPException: 400, it is no JSON; 413, it holds too many values.
        InvalidInput: it is too deep, or holds what may not be in it; names the path.
    """
    if sum(map(raw.count, (b",", b"[", b"{"))) > MAX_MARKS:
        raise HTTPException(413)
    try:
        data: JsonValue = json.loads(
            raw.decode(),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_each_key_once,
        )
    except RecursionError:
        raise _malformed(f"It is nested deeper than {MAX_DEPTH} levels.") from None
    except ValueError as error:
        raise _malformed(str(error)) from None
    _look_through(data)
    return data


async def _read(request: Request, most: int) -> bytes:
    """The body's bytes; refused by its announced length, or as soon as it grows too long."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise HTTPException(413)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413)
    return bytes(body)


def _kind_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _require_json(request: Request) -> None:
    kind = _kind_of(request)
    if kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(415, "The body must be sent as application/json.")


def _malformed(reason: str) -> HTTPException:
    return HTTPException(400, f"The body is not valid JSON: {reason}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {digits[:20]} is too large")
    return number


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {twice[:64]!r} is given more than once")
    return found


def _look_through(data: JsonValue) -> None:
    # A stack of our own: a body may be deeper than Python recurses.
    pending: list[tuple[JsonValue, tuple[str, ...]]] = [(data, ())]
    while pending:
        value, path = pending.pop()
        if len(path) > MAX_DEPTH:
            raise InvalidInput(_dotted(path[:3]), f"Nested deeper than {MAX_DEPTH} levels.")
        inside: Iterable[tuple[object, JsonValue]] = ()
        if isinstance(value, dict):
            _refuse_keys(value, path)
            inside = value.items()
        elif isinstance(value, list):
            inside = enumerate(value)
        for key, each in inside:
            if isinstance(each, dict | list):
                pending.append((each, (*path, str(key))))
            elif isinstance(each, str) and "\0" in each:
                raise InvalidInput(
                    _dotted((*path, str(key))), "A text may not contain the character NUL."
                )


def _refuse_keys(found: dict[str, JsonValue], path: tuple[str, ...]) -> None:
    for key in sorted(RESERVED_KEYS & found.keys()):
        raise InvalidInput(
            _dotted((*path, key)), f"The key {key} is reserved.", remedy="Leave it out."
        )
    if any("\0" in key for key in found):
        raise InvalidInput(_dotted(path), "A key may not contain the character NUL.")


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(path) or "body"


def _as_invalid(error: ValidationError, data: JsonValue, root: str) -> Exception:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return _malformed(found[0]["msg"])
    return InvalidFields(field_errors(found, data, root))
