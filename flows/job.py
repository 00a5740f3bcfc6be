"""One job: whose it is, what was asked, and where its artifacts go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from prefect.runtime import flow_run
from pydantic import BaseModel

from blocks.registry import load_store
from flows.books import Payer
from flows.caching import artifacts_in
from flows.heart import fence
from reels.artifacts import ArtifactStore, job_prefix
from reels.checks import check_visuals
from reels.documents import read, written
from reels.models import ArtifactRef, VideoRequest
from reels.settings import FlowSettings

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class JobFiles:
    """A job of any flow: whose it is, and its artifacts. `id` is the flow run's id."""

    id: str
    user: str
    store: ArtifactStore

    def key(self, name: str) -> str:
        """Where the artifact `name` of this job lies."""
        return f"{job_prefix(self.user, self.id)}/{name}"

    def save(self, name: str, content: Path | bytes | str | BaseModel) -> ArtifactRef:
        """Store `content` as this job's artifact `name`, unless the run has another process."""
        if isinstance(content, BaseModel):
            content = written(content, indent=2)
        if isinstance(content, str):
            content = content.encode()
        fence()
        return self.store.put(self.key(name), content)

    def adopt(self, name: str, ref: ArtifactRef) -> ArtifactRef:
        """Give what lies in the cache a name in this job."""
        target = self.key(name)
        held = self.store.head(target)
        if held is not None and held.sha256 == ref.sha256:
            return held
        fence()
        return self.store.copy(ref.key, target)

    def holds(self, value: Any) -> bool:
        """Whether every artifact that `value` names is in the store, unchanged."""
        heads = ((self.store.head(ref.key), ref) for ref in artifacts_in(value))
        return all(held is not None and held.sha256 == ref.sha256 for held, ref in heads)

    def load(self, name: str, kind: type[M]) -> M | None:
        """The artifact `name` as a model, or None when it is not there.

        Raises:
            Unreadable: another release has written it, in a way that this one cannot read.
        """
        if self.store.head(self.key(name)) is None:
            return None
        return read(kind, self.store.read(self.key(name)), self.key(name))


@dataclass(frozen=True)
class Job(JobFiles):
    """A job of the main flow."""

    request: VideoRequest

    @property
    def payer(self) -> Payer:
        """Who bears the costs of this job's work."""
        return Payer(user_id=self.user, job_id=self.id, budget_usd=self.request.budget_usd)


def open_job(user: str, asked: Mapping[str, Any], settings: FlowSettings) -> Job:
    """The job of the current flow run; what was not asked for follows the settings.

    Raises:
        pydantic.ValidationError: what was asked for breaks a rule of `VideoRequest`.
        InvalidInput: naming `visuals`.
    """
    defaults = {
        "language": settings.default_language,
        "style": settings.default_style,
        "tone": settings.default_tone,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    request = VideoRequest.model_validate({**defaults, **given})
    check_visuals(request.visuals, request.background_folder or settings.default_background_folder)
    job = Job(id=str(flow_run.id), user=user, request=request, store=load_store())
    job.save("request.json", request)
    return job
