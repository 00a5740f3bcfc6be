"""What a client would like, if it can be had: RFC 7240."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header

#: Gateways close what is silent for a minute.
MOST_WAIT_S = 50

_WAIT = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?(\d{1,4})\"?\s*(?:[;,]|$)", re.I)


async def _wait_s(
    prefer: Annotated[
        str,
        Header(
            max_length=500,
            description="`wait=20`: answer at the job's next change, or after that many seconds",
        ),
    ] = "",
) -> int:
    found = _WAIT.search(prefer)
    return min(int(found[1]), MOST_WAIT_S) if found else 0


#: For how many seconds a client would rather wait than hear what it knows.
Wait = Annotated[int, Depends(_wait_s)]

#: By which tag a client knows the answer that it has.
IfNoneMatch = Annotated[
    str,
    Header(
        alias="If-None-Match", max_length=1_000, description="`ETag` of the answer that you have"
    ),
]
