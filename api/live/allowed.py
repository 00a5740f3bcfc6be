"""A stream goes on for hours, and whoever listens may lose the right to it before it ends."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Final

from api.live.messages import Message

#: How often it is asked, at the messages that come; where none are, at the signs of life.
ASK_S: Final = 15.0


async def while_allowed(
    messages: AsyncIterator[Message | None], may_listen: Callable[[], Awaitable[bool]]
) -> AsyncIterator[Message | None]:
    """The messages, until `may_listen` says no."""
    asked_at = time.monotonic()
    async with aclosing(messages) as each:  # type: ignore[type-var]
        async for message in each:
            if time.monotonic() - asked_at >= ASK_S:
                if not await may_listen():
                    return
                asked_at = time.monotonic()
            yield message
