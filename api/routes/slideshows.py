"""Slideshows: pictures and a sound from the web become a video, without anybody being asked."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from api.callbacks import check_callback
from api.doors.door import Router
from api.doors.guards import body_of
from api.doors.idempotency import IdempotencyKey
from api.identity import Asker, acting_for
from api.models import CreateVideo, VideoStarted
from api.openapi import json_body
from api.problems import FieldError, InvalidFields, responses
from api.services import Deps
from reels.addresses import check_address, read_address, read_hosts
from reels.errors import InvalidInput
from reels.settings import FetchSettings
from reels.slideshow import SlideshowRequest

router = Router(tags=["slideshows"])

_PICTURES = [f"https://media.example.org/images/{number}.jpg" for number in (1, 2, 3)]
_SOUND = "https://media.example.org/audio/background.mp3"
_REQUIRED = {"user_id": "ann", "image_urls": _PICTURES, "audio_url": _SOUND}
_EXAMPLES = {
    "pictures and a sound": _REQUIRED,
    "30 seconds, on the beats, with texts": {
        **_REQUIRED,
        "length": 30,
        "beats": True,
        "texts": ["Spring", "Summer", "Autumn"],
        "transition": "slide",
    },
}


@router.post(
    "/create-video",
    status_code=202,
    responses=responses(400, 401, 403, 413, 415),
    openapi_extra=json_body(CreateVideo, _EXAMPLES),
)
async def create_slideshow(
    request: Request,
    asker: Asker,
    asked: Annotated[CreateVideo, Depends(body_of(CreateVideo, root="image_urls"))],
    services: Deps,
    response: Response,
    idempotency_key: IdempotencyKey = "",
) -> VideoStarted:
    """Make a slideshow; follow it at `/videos/{video_id}`.

    `user_id` is the caller's own. The addresses are those of public web servers.
    """
    owner = await acting_for(request, asker, asked.user_id)
    _check_addresses(asked)
    await check_callback(services, owner, asked.webhook_url)
    job = await services.gateway.create_slideshow(
        owner, asked.wanted(), idempotency_key=idempotency_key
    )
    response.headers["Location"] = services.links(job.id).self_
    return VideoStarted(video_id=job.id)


def _check_addresses(asked: SlideshowRequest) -> None:
    """What the text alone tells; nobody is asked for anything here.

    Raises:
        InvalidFields: naming all that are refused.
    """
    allowed = read_hosts(FetchSettings().fetch_allowed_hosts)
    refused = []
    for named, url in asked.addresses().items():
        try:
            check_address(read_address(url, named), allowed, named)
        except InvalidInput as error:
            refused.append(FieldError(field=error.field, message=error.message))
    if refused:
        raise InvalidFields(refused)
