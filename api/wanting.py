"""The filters of `GET /videos`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query
from pydantic import AwareDatetime

from api.identity import Asker
from api.identity.rights import require_list
from api.listing import Wanted
from reels.errors import InvalidInput
from reels.keys import USER_PATTERN
from reels.stages import Status

EVERYBODY = "*"
_OWNER_PATTERN = rf"^(\*|{USER_PATTERN.removeprefix('^').removesuffix('$')})$"


def _wanted(
    asker: Asker,
    status: Annotated[Status | None, Query(description="only jobs of this status")] = None,
    text: Annotated[str, Query(max_length=60, description="in the title, in any case")] = "",
    created_after: Annotated[
        AwareDatetime | None, Query(description="this time or later, with its time zone")
    ] = None,
    created_before: Annotated[
        AwareDatetime | None, Query(description="this time or earlier, with its time zone")
    ] = None,
    user_id: Annotated[
        str | None,
        Query(
            pattern=_OWNER_PATTERN,
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
