"""Which of several keepers acts: the one that has the office.

The office is a variable of the Prefect server with a number in its name. Whoever makes the
next one has it, and the server lets one only make it. Its holder changes the value at every
look; where the value stays the same for too long by another's own clock, that one makes the
next. A holder that finds a higher number, or that was stopped, no longer acts.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import VariableCreate, VariableUpdate
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

from deployments.keeper import OFFICE


class _Held(NamedTuple):
    number: int
    value: dict[str, Any]


class Office:
    """As one keeper sees it. `patience_s`: how long a holder may be silent."""

    def __init__(self, client: PrefectClient, patience_s: float) -> None:
        self._client = client
        self._patience_s = patience_s
        self._name = uuid4().hex
        self._looks = 0
        self._seen: _Held | None = None
        self._seen_s = 0.0
        self._sure_until_s = 0.0

    def is_mine(self, now_s: float) -> bool:
        """Whether this keeper may act, as far as it knows without asking."""
        return now_s < self._sure_until_s

    async def look(self, now_s: float) -> bool:
        """Keep the office, or take it where nobody has; returns whether this keeper may act."""
        held = await self._read()
        if held is not None and held.value.get("keeper") == self._name:
            await self._write(held.number, is_new=False)
            self._sure_until_s = now_s + self._patience_s / 2
            return True
        self._sure_until_s = 0.0
        if held != self._seen:
            self._seen, self._seen_s = held, now_s
        if held is None or now_s - self._seen_s >= self._patience_s:
            with suppress(ObjectAlreadyExists, httpx.HTTPStatusError):
                await self._write(held.number + 1 if held else 1, is_new=True)
                await self._forget(held)
        # Whoever has taken it acts from its next look on, when no other has taken it after.
        return False

    async def _read(self) -> _Held | None:
        body = {"variables": {"name": {"like_": f"{OFFICE}%"}}, "sort": "NAME_DESC", "limit": 1}
        answer = await self._client.request("POST", "/variables/filter", json=body)
        found = answer.raise_for_status().json()
        if not found:
            return None
        number = str(found[0]["name"]).removeprefix(OFFICE)
        return _Held(int(number), dict(found[0]["value"]))

    async def _write(self, number: int, *, is_new: bool) -> None:
        self._looks += 1
        value: dict[str, Any] = {"keeper": self._name, "looks": self._looks}
        if is_new:
            await self._client.create_variable(VariableCreate(name=_name(number), value=value))
        else:
            await self._client.update_variable(VariableUpdate(name=_name(number), value=value))

    async def _forget(self, held: _Held | None) -> None:
        if held is not None:
            with suppress(ObjectNotFound, httpx.HTTPStatusError):
                await self._client.delete_variable_by_name(_name(held.number))


def _name(number: int) -> str:
    return f"{OFFICE}{number:09d}"
