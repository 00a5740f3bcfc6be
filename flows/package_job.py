"""A film to be packaged, ours or another's: whose it is, and where its artifacts go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prefect.runtime import flow_run

from blocks.registry import load_store
from flows.job import JobFiles
from reels.addresses import check_address, read_address, read_hosts
from reels.film import HlsRequest, Package
from reels.settings import FetchSettings

#: Below it lies what players ask for.
HLS = "hls"
STATE = f"{HLS}/package.json"


@dataclass(frozen=True)
class PackageJob(JobFiles):
    """A job that has a package. `url` is where the film came from, empty for our own."""

    title: str
    url: str = ""

    def tell(self, **news: Any) -> Package:
        """Write `hls/package.json` anew, with what has changed."""
        known = self.load(STATE, Package) or Package(
            title=self.title,
            url=self.url,
            state="downloading",
            updated_at=datetime.now(UTC),
        )
        package = known.model_copy(update={**news, "updated_at": datetime.now(UTC)})
        self.save(STATE, package)
        return package


def open_package(user: str, asked: Mapping[str, Any]) -> PackageJob:
    """The job of the current flow run.

    Raises:
        pydantic.ValidationError: what was asked for breaks a rule of `HlsRequest`.
        InvalidInput: naming `url`; it is refused.
    """
    request = HlsRequest.model_validate(dict(asked))
    allowed = read_hosts(FetchSettings().fetch_allowed_hosts)
    check_address(read_address(request.url), allowed, "url")
    job = PackageJob(
        id=str(flow_run.id),
        user=user,
        store=load_store(),
        title=request.title,
        url=request.url,
    )
    job.save("request.json", request)
    return job
