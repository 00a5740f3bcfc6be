"""Where scenarios and their templates lie, and under which tag their runs are found."""

from __future__ import annotations

from typing import Final

from reels.artifacts import ArtifactStore
from reels.errors import ArtifactMissing, NotFound
from reels.scenarios.library import names_for, shipped
from reels.scenarios.models import mark_of

FOLDER: Final = "scenarios"
_TAG: Final = "scenario:"


def place_of(user: str, mark: str) -> str:
    """The key of the scenario all of whose ids begin with `mark`."""
    return f"{FOLDER}/{user}/runs/{mark}.json"


def template_folder(user: str) -> str:
    return f"{FOLDER}/{user}/templates"


def template_key(user: str, name: str) -> str:
    """The key of a template of the user's own."""
    return f"{template_folder(user)}/{name}.yml"


def mark_tag(any_id: str) -> str:
    """The tag of the run to which a scenario's or a task's id belongs."""
    return f"{_TAG}{mark_of(any_id)}"


def template_for(store: ArtifactStore, user: str, name: str) -> str:
    """The template of that name: the user's own, or one that comes with the house.

    Raises:
        NotFound: there is none.
    """
    for each in names_for(name):
        try:
            return store.read(template_key(user, each)).decode()
        except ArtifactMissing:
            if each in shipped():
                return shipped()[each]
    raise NotFound(
        f"There is no scenario {name!r}.",
        remedy=f"There are {', '.join(shipped())}, and those that you have put there yourself.",
    )
