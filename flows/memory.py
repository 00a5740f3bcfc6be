"""What is heavy waits here until its machine has the memory for it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from reels.machine import memory_bytes
from reels.room import room
from reels.settings import StoreSettings, WorkSettings

logger = logging.getLogger(__name__)

#: Where nobody has told what the rest of the machine takes.
_SHARE: Final = 0.75


@contextmanager
def memory_for(what: str, need_bytes: int) -> Iterator[None]:
    """Hold so much of what heavy work on this machine, or in this container, may take together.

    It keeps its slot of its pool while it waits. `what` names the work.

    Raises:
        TooLarge: it would not fit if it were alone.
    """
    most = WorkSettings().worker_memory_mb * 1_000_000 or int(memory_bytes() * _SHARE)
    need_mb = need_bytes // 1_000_000

    def waits() -> None:
        logger.warning("%s waits until there are %d MB of memory for it.", what, need_mb)

    with room(StoreSettings().data_dir / "room", need_bytes, most, what, waits):
        yield
