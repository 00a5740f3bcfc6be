"""What a batch is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final, Self

from pydantic import Field, JsonValue, model_validator

from reels.keys import NAME_PATTERN
from reels.models import Model, VideoRequest

MAX_VIDEOS: Final = 1_000
MAX_AT_ONCE: Final = 50
#: What may stand in an idea of a variant, for the topic.
TOPIC: Final = "{topic}"

#: The fields of one `VideoRequest`, or only its idea.
Wish = str | dict[str, JsonValue]
Name = Annotated[str, Field(max_length=80, pattern=rf"^$|{NAME_PATTERN}")]


class BatchRequest(Model):
    """Videos to be made: `ideas`, those in the `file`, and each of `topics` in each variant.

    `file` is the key of a JSON list or a CSV table in the store. A variant is the fields of a
    `VideoRequest`, or an idea; `{topic}` in its texts stands for the topic. `common` are fields
    of all videos, which a video's own stand before. `at_once` is how many work at the same
    time; those that wait for a person count for none. With a `name` the batch may be run again
    without making anything twice.
    """

    name: Name = ""
    ideas: tuple[Wish, ...] = Field(default=(), max_length=MAX_VIDEOS)
    file: str = ""
    topics: tuple[str, ...] = Field(default=(), max_length=MAX_VIDEOS)
    variants: tuple[Wish, ...] = Field(default=(TOPIC,), min_length=1, max_length=MAX_VIDEOS)
    common: dict[str, JsonValue] = Field(default_factory=dict)
    at_once: int = Field(default=2, ge=1, le=MAX_AT_ONCE)

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not (self.ideas or self.file or self.topics):
            raise ValueError("give ideas, a file or topics")
        return self

    def generated(self) -> Iterator[Wish]:
        """Each topic in each variant."""
        for topic in self.topics:
            for variant in self.variants:
                yield _about(variant, topic)


class Planned(Model):
    """One video of a batch: where it stands in it (from 1), and what is asked for.

    `fields` are those that were given; all others are left to the flow.
    """

    number: int = Field(ge=1)
    fields: dict[str, JsonValue]
    request: VideoRequest

    @property
    def title(self) -> str:
        """What it is about, in a few words."""
        board = self.request.storyboard
        said = self.request.idea or self.request.text or (board.title if board else "")
        return " ".join(said.split())[:80]


def _about(wish: Any, topic: str) -> Any:
    """A variant with its topic, however deep it stands."""
    if isinstance(wish, str):
        return wish.replace(TOPIC, topic)
    if isinstance(wish, dict):
        return {key: _about(value, topic) for key, value in wish.items()}
    if isinstance(wish, list):
        return [_about(each, topic) for each in wish]
    return wish
