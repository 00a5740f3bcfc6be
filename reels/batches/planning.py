"""From a batch's wishes to requests, all of which are looked at before any is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pydantic import JsonValue, ValidationError

from reels.batches.models import MAX_VIDEOS, Planned, Wish
from reels.checks import check_visuals
from reels.errors import InvalidInput
from reels.models import VideoRequest
from reels.reserved import reserved_in

#: Of more faults than this only the number is told.
_MAX_TOLD: Final = 10


def planned(wishes: Iterable[Wish], common: Mapping[str, JsonValue], folder: str) -> list[Planned]:
    """The batch's videos, in order; `folder` is where media are looked for by default.

    Raises:
        InvalidInput: naming what is wrong with which video; nothing is to be made then.
    """
    found, faults = [], []
    for number, wish in enumerate(wishes, 1):
        if number > MAX_VIDEOS:
            raise InvalidInput("ideas", f"A batch has at most {MAX_VIDEOS:,} videos.")
        own = {"idea": wish} if isinstance(wish, str) else wish
        fields = _together(common, own)
        try:
            found.append(_planned(number, fields, folder))
        except (ValidationError, InvalidInput) as error:
            faults.append(f"Video {number}: {_plainly(error)}")
    if faults:
        more = f" And {len(faults) - _MAX_TOLD} more." if len(faults) > _MAX_TOLD else ""
        raise InvalidInput("ideas", " ".join(faults[:_MAX_TOLD]) + more)
    return found


def _together(
    common: Mapping[str, JsonValue], own: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """A video's own source takes the place of a common one."""
    sources = {"idea", "text", "storyboard"}
    kept = {k: v for k, v in common.items() if not (k in sources and sources & own.keys())}
    return {**kept, **own}


def _planned(number: int, fields: dict[str, JsonValue], folder: str) -> Planned:
    if key := reserved_in(fields):
        raise InvalidInput("ideas", f"The key {key!r} may not be used.")
    request = VideoRequest.model_validate(fields)
    check_visuals(request.visuals, request.background_folder or folder)
    return Planned(number=number, fields=fields, request=request)


def _plainly(error: ValidationError | InvalidInput) -> str:
    if isinstance(error, InvalidInput):
        return str(error)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}." if where else f"{first['msg']}."
