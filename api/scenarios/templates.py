"""Templates of a user's own, beside those that come with the house. All but `put` block."""

from __future__ import annotations

from typing import Final

import anyio.to_thread

from api.scenarios.making import Expander
from api.scenarios.models import TemplateInfo, TemplateList
from reels.artifacts import ArtifactStore
from reels.errors import Conflict, NotFound
from reels.scenarios.library import shipped
from reels.scenarios.models import ScenarioRequest
from reels.scenarios.places import template_folder, template_for, template_key

MAX_TEMPLATES: Final = 100
#: What a template is tried with: any text at all.
_TRIAL: Final = "…"
_TRIAL_SEED: Final = "0" * 32
_SUFFIX: Final = ".yml"


class Templates:
    """One user's templates."""

    def __init__(self, store: ArtifactStore, user: str) -> None:
        self._store = store
        self._user = user

    def all(self) -> TemplateList:
        """All that the user can name, by name."""
        own = self._own()
        names = sorted({*own, *shipped()})
        return TemplateList(
            templates=tuple(TemplateInfo(name=name, is_own=name in own) for name in names)
        )

    def read(self, name: str) -> str:
        """Raises NotFound."""
        return template_for(self._store, self._user, name)

    async def put(self, name: str, template: str, expander: Expander) -> TemplateInfo:
        """Keep a template that can be used with its own defaults, in place of an older one.

        Raises:
            InvalidTemplate: with each fault and its line.
            Conflict: there are as many as there may be.
        """
        request = ScenarioRequest(scenario=name, description=_TRIAL)
        await expander.expand(self._user, template, request, _TRIAL_SEED)
        await anyio.to_thread.run_sync(self._keep, name, template)
        return TemplateInfo(name=name, is_own=True)

    def remove(self, name: str) -> None:
        """Scenarios that were made from it stay as they are.

        Raises:
            NotFound: the user has none of that name.
        """
        key = template_key(self._user, name)
        if self._store.head(key) is None:
            raise NotFound(f"You have no template {name!r}.")
        self._store.delete(key)

    def _keep(self, name: str, template: str) -> None:
        key = template_key(self._user, name)
        if name not in self._own() and len(self._own()) >= MAX_TEMPLATES:
            raise _too_many()
        self._store.put(key, template.encode())
        # Others may have come meanwhile, by other processes too.
        if len(self._own()) > MAX_TEMPLATES:
            self._store.delete(key)
            raise _too_many()

    def _own(self) -> set[str]:
        keys = self._store.sizes(template_folder(self._user))
        names = (key.rpartition("/")[2] for key in keys)
        return {name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)}


def _too_many() -> Conflict:
    return Conflict(
        f"You have {MAX_TEMPLATES} templates, which is as many as there may be.",
        remedy="Delete one.",
    )
