"""What a scenario's service is given, what it brings, and what it may use meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Protocol

from pydantic import Field, JsonValue

from reels.errors import InvalidInput
from reels.models import ArtifactRef, LanguageTag, Model, Word
from reels.plans import Rendered, RenderPlan

#: Where a service's heavy work is done; all else is done by the scenario's own run.
Pool = Literal["pipeline", "gpu", "render"]
ResultKind = Literal["text", "sound", "picture", "video", "other"]


class TaskResult(Model):
    """What a task has made: an artifact, or with an outside worker whatever it names.

    `words` are a spoken text's, with their times; `text` is what was spoken.
    """

    kind: ResultKind = "other"
    artifact: ArtifactRef | None = None
    address: str = Field(default="", max_length=2_000)
    provider: str = ""
    language: LanguageTag | None = None
    duration_s: float | None = Field(default=None, ge=0)
    text: str = ""
    words: tuple[Word, ...] | None = None
    degraded: str = ""

    @property
    def is_makeshift(self) -> bool:
        """Whether it was made because something else failed, which may work the next time.

        A video says what it left out of what it was given, and would leave it out again.
        """
        return bool(self.degraded) and self.kind != "video"


class Order(Model):
    """One task, without anything that is only this scenario's: it is a content key.

    `inputs` are the results that the template names by a field of the task, `waited_for`
    those of all tasks that it waits for, both in the template's order. Results of optional
    tasks that failed are left out. `turn` counts tasks of the same name, from 1.
    """

    service: str
    name: str
    prompt: str | None = None
    params: dict[str, JsonValue] = Field(default_factory=dict)
    turn: int = Field(default=1, ge=1)
    turns: int = Field(default=1, ge=1)
    family: str = ""
    inputs: dict[str, tuple[TaskResult, ...]] = Field(default_factory=dict)
    waited_for: tuple[TaskResult, ...] = ()

    def told(self, name: str) -> str:
        """The text parameter `name`, or nothing.

        Raises:
            InvalidInput: it is no text.
        """
        found = self.params.get(name)
        if found is None or isinstance(found, str):
            return found or ""
        raise InvalidInput(f"params.{name}", f"{name!r} is a text.")

    def counted(self, name: str, most: int) -> int | None:
        """The whole number `name` from 1 to `most` among the parameters, if it is there.

        Raises:
            InvalidInput: it is none.
        """
        found = self.params.get(name)
        if found is None:
            return None
        if isinstance(found, int) and not isinstance(found, bool) and 1 <= found <= most:
            return found
        raise InvalidInput(f"params.{name}", f"{name!r} is a whole number from 1 to {most}.")

    def given(self, *kinds: ResultKind) -> Iterator[TaskResult]:
        """Results of these kinds: those that are named by a field, or else all waited for.

        Raises:
            InvalidInput: a field names a result that does not lie in the store.
        """
        for field, several in self.inputs.items():
            for each in several:
                if each.artifact is None:
                    raise _elsewhere(field, each)
        named = [each for several in self.inputs.values() for each in several]
        found = [each for each in named if each.kind in kinds]
        yield from found or (each for each in self.waited_for if each.kind in kinds)


def _elsewhere(field: str, result: TaskResult) -> InvalidInput:
    told = f" ({result.address[:80]!r})" if result.address else ""
    return InvalidInput(
        field,
        f"A result that {field!r} names is only told{told}; it does not lie in the store.",
        remedy="Let a task for outside workers use it, or name a task that is done here.",
    )


class Bench(Protocol):
    """What a service works with. Files in `folder` are gone when the task is."""

    @property
    def folder(self) -> Path: ...

    def text(self, result: TaskResult) -> str:
        """The text that a task has made."""
        ...

    def fetch(self, ref: ArtifactRef) -> Path:
        """An artifact as a file in `folder`."""
        ...

    def keep(self, file: Path) -> ArtifactRef:
        """Store a file as this task's artifact: one for each suffix."""
        ...

    def render(self, plan: RenderPlan) -> Rendered:
        """The plan's video, made on the render pool."""
        ...


class Service(Protocol):
    """An entry of `reels.services.SERVICES`. `version` changes with what comes out."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def pool(self) -> Pool: ...

    def work(self, order: Order, bench: Bench) -> TaskResult:
        """Do one task. Paid calls go through `reels.cloud`, as everywhere, and each of them by
        `reels.cloud.attempts.tried`.

        Raises:
            ReelsError: the task has failed; the message is its cause.
        """
        ...
