"""What a memory is: small values by keys, each with an end."""

from __future__ import annotations

from typing import Protocol


class Memory(Protocol):
    """What is kept may be gone at any time, and is at the end of its life at the latest.

    Nothing that must not be lost goes in here. Every method raises `Unavailable` when the
    memory cannot be reached.
    """

    async def get(self, key: str) -> bytes | None:
        """What lies under `key`, or None."""
        ...

    async def put(
        self, key: str, value: bytes, life_s: float, *, only_if_absent: bool = False
    ) -> bool:
        """Keep `value` for `life_s` seconds; with `only_if_absent` one of several at once wins.

        Returns whether it is kept.
        """
        ...

    async def drop(self, *keys: str) -> None:
        """Forget these."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
