"""One slideshow: whose it is, what was asked, and where its artifacts go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prefect.runtime import flow_run

from blocks.registry import load_store
from flows.job import JobFiles
from reels.addresses import check_address, read_address, read_hosts
from reels.settings import FetchSettings
from reels.slideshow import SlideshowRequest


@dataclass(frozen=True)
class SlideshowJob(JobFiles):
    """A job of the flow `make-slideshow`."""

    request: SlideshowRequest


def open_slideshow(user: str, asked: Mapping[str, Any]) -> SlideshowJob:
    """The job of the current flow run.

    Raises:
        pydantic.ValidationError: what was asked for breaks a rule of `SlideshowRequest`.
        InvalidInput: an address is refused; naming it as `image_urls.N` or `audio_url`.
    """
    given = {name: value for name, value in asked.items() if value is not None}
    request = SlideshowRequest.model_validate(given)
    allowed = read_hosts(FetchSettings().fetch_allowed_hosts)
    for named, url in request.addresses().items():
        check_address(read_address(url, named), allowed, named)
    job = SlideshowJob(id=str(flow_run.id), user=user, request=request, store=load_store())
    job.save("request.json", request)
    return job
