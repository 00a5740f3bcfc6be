"""The filters of `GET /videos`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from api.identity import Asker
from api.identity.rights import require_list
from api.jobs.listing import Wanted
from reels.errors import InvalidInput
from reels.keys import USER_PATTERN
from reels.stages import Status

EVERYBODY = "*"
OWNER_PATTERN = rf"^(\*|{USER_PATTERN.removeprefix('^').removesuffix('$')})$"

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


def _written_out(value: object) -> object:
    """Numbers are taken for seconds since 1970 otherwise, which nobody means."""
    if isinstance(value, str) and not _TIME.fullmatch(value):
        raise ValueError("must be a time as in 2026-01-02T03:04:05Z")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be in the years from 1 to 9999 in UTC, too") from None


_Time = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]


def _wanted(
    asker: Asker,
    status: Annotated[Status | None, Query(description="only jobs of this status")] = None,
    text: Annotated[str, Query(max_length=60, description="in the title, in any case")] = "",
    created_after: Annotated[
        _Time | None, Query(description="this time or later, with its time zone")
    ] = None,
    created_before: Annotated[
        _Time | None, Query(description="this time or earlier, with its time zone")
    ] = None,
    user_id: Annotated[
        str | None,
        Query(
            pattern=OWNER_PATTERN,
            description="for editors and ops: whose jobs, or `*` for everybody's",
        ),
    ] = None,
) -> Wanted:
    if "\0" in text:
        raise InvalidInput("text", "A text may not contain the character NUL.")
    owner = None if user_id == EVERYBODY else (user_id or asker.user)
    require_list(asker, owner)
    return Wanted(
        owner=owner,
        status=status,
        text=text.strip(),
        created_after=created_after,
        created_before=created_before,
    )


#: What the caller wants to see, and may.
WantedJobs = Annotated[Wanted, Depends(_wanted)]
