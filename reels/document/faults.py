"""What is wrong with a timeline file, in words that name the place and the remedy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from reels.document.model import Document
from reels.errors import InvalidInput

#: So many faults are named beside the first.
_NAMED = 4


def invalid(error: ValidationError) -> InvalidInput:
    """The first fault, which also names the places of the others."""
    faults = [_fault(each) for each in error.errors()]
    places = list(dict.fromkeys(fault.field for fault in faults))
    # A list whose entries are faulty is called too short as well.
    places = [p for p in places if not any(other.startswith(f"{p}.") for other in places)]
    first = next(fault for fault in faults if fault.field == places[0])
    others = places[1:]
    if others:
        more = ", ".join(others[:_NAMED]) + (", ..." if len(others) > _NAMED else "")
        first.message += f" (Faults also in: {more}.)"
    return InvalidInput(first.field, first.message, remedy=first.remedy)


def _fault(error: ErrorDetails) -> InvalidInput:
    field = ".".join(str(part) for part in error["loc"]) or "timeline"
    kind, said, context = error["type"], error["msg"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(field, error["loc"])
    if kind == "missing":
        return InvalidInput(field, "This field is missing.")
    if kind in ("literal_error", "enum"):
        return InvalidInput(field, f"{_shown(error['input'])} is not one of {context['expected']}.")
    if kind == "value_error":
        return InvalidInput(field, _sentence(str(context["error"])))
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return InvalidInput(field, f"This must be an object, not {_shown(error['input'])}.")
    if kind in ("too_short", "too_long"):
        least, most = context.get("min_length"), context.get("max_length")
        bound = f"at most {most}" if kind == "too_long" else f"at least {least}"
        return InvalidInput(field, f"There must be {bound} of these.")
    if kind == "tuple_type":
        return InvalidInput(field, f"This must be a list, not {_shown(error['input'])}.")
    said = re.sub(r"^(Input|String|Tuple|Value) should", "This must", said)
    return InvalidInput(field, _sentence(f"{said} (it is {_shown(error['input'])})"))


def _unknown(field: str, place: tuple[int | str, ...]) -> InvalidInput:
    name = str(place[-1])
    known = _fields_beside(place)
    near = get_close_matches(name, known, 1)
    meant = f" Did you mean {near[0]!r}?" if near else ""
    remedy = f"Fields that there are: {', '.join(known)}." if known and not near else ""
    return InvalidInput(field, f"There is no field {name!r}.{meant}", remedy=remedy)


def _fields_beside(place: tuple[int | str, ...]) -> list[str]:
    """The fields of the model in which an unknown field was found."""
    model: type[BaseModel] | None = Document
    for part in place[:-1]:
        if model is None or isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        model = next(_models_in(field.annotation), None) if field else None
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _sentence(text: str) -> str:
    text = text.removeprefix("Value error, ").rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."
