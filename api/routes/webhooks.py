"""Webhooks: addresses to which the changes of a user's videos are posted, signed."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID

import anyio
import anyio.to_thread
from fastapi import Depends, Response
from pydantic import Field

from api.callbacks import check_callback
from api.doors.door import Router
from api.doors.guards import body_of
from api.identity import User
from api.openapi import json_body
from api.problems import responses
from api.services import Deps, in_thread
from reels.errors import Conflict
from reels.fetch import Net
from reels.models import Model
from reels.settings import FetchSettings, WebhookSettings
from reels.webhooks.messages import trial
from reels.webhooks.registry import Registry, WantedWebhook, Webhook
from reels.webhooks.secrets import SecretBook, Secrets
from reels.webhooks.sending import Answer, send

router = Router(prefix="/webhooks", tags=["webhooks"])

_URL = "https://hooks.example.org/reelwright"
_EXAMPLES: dict[str, Any] = {
    "every change": {"url": _URL},
    "the end only": {"url": _URL, "events": ["video.ready", "video.failed", "video.cancelled"]},
}
#: A receiver may take its time, and so many threads at most wait for one.
_TRIALS_AT_ONCE = anyio.CapacityLimiter(4)
_NO_STORE = {"Cache-Control": "no-store"}


class WebhookList(Model):
    """Your webhooks, oldest first."""

    webhooks: tuple[Webhook, ...]


class TrialAnswer(Model):
    """What the receiver said: its status code and how long it took, or why there is none."""

    is_taken: bool = Field(description="whether it answered 2xx")
    status_code: int | None
    ms: int = Field(ge=0)
    trouble: str | None


@router.post(
    "",
    status_code=201,
    responses=responses(400, 401, 409, 413, 415),
    openapi_extra=json_body(WantedWebhook, _EXAMPLES),
)
async def add_webhook(
    user: User,
    wanted: Annotated[WantedWebhook, Depends(body_of(WantedWebhook, root="url"))],
    services: Deps,
) -> Webhook:
    """Have the changes of your videos posted to an address; the secret is at `/webhooks/secret`.

    The same address and events once more are the webhook that there is.
    """
    await check_callback(services, user, wanted.url, "url")
    return await in_thread(Registry(services.store, user).add, wanted)


@router.get("", responses=responses(401))
async def list_webhooks(user: User, services: Deps) -> WebhookList:
    """Your webhooks, and which of them are off."""
    return WebhookList(webhooks=await in_thread(Registry(services.store, user).all))


@router.get("/secret", responses=responses(401))
async def read_secret(user: User, services: Deps, response: Response) -> Secrets:
    """The secret that signs all that is posted for you, by Standard Webhooks."""
    response.headers.update(_NO_STORE)
    return await in_thread(SecretBook(services.store, user).read)


@router.post("/secret:rotate", status_code=204, responses=responses(401))
async def rotate_secret(user: User, services: Deps) -> Response:
    """Make a new secret, to be read at `/webhooks/secret`.

    For 24 hours, messages are signed by the one before it, too. The answer holds no secret,
    since answers to requests with an `Idempotency-Key` are kept.
    """
    await in_thread(SecretBook(services.store, user).rotate)
    return Response(status_code=204)


@router.delete("/{webhook_id:uuid}", status_code=204, responses=responses(401, 404))
async def remove_webhook(webhook_id: UUID, user: User, services: Deps) -> Response:
    """Post nothing there any more, not even what is still to be tried again."""
    registry = Registry(services.store, user)
    await in_thread(registry.find, webhook_id)
    await in_thread(registry.remove, webhook_id)
    return Response(status_code=204)


@router.post("/{webhook_id:uuid}:enable", responses=responses(401, 404))
async def enable_webhook(webhook_id: UUID, user: User, services: Deps) -> Webhook:
    """Switch a webhook on again. What happened meanwhile is not told."""
    return await in_thread(Registry(services.store, user).switch_on, webhook_id)


@router.post("/{webhook_id:uuid}:test", responses=responses(401, 404, 409))
async def try_webhook(webhook_id: UUID, user: User, services: Deps) -> TrialAnswer:
    """Post a signed `webhook.test` now, once, whether the webhook is on or off."""
    webhook = await in_thread(Registry(services.store, user).find, webhook_id)
    secrets = await in_thread(SecretBook(services.store, user).read)
    if user in services.trials:
        raise Conflict("Another test of yours is under way.", remedy="Wait for its answer.")
    services.trials.add(user)
    try:
        post = partial(_try, webhook, secrets)
        answer = await anyio.to_thread.run_sync(post, limiter=_TRIALS_AT_ONCE)
    finally:
        services.trials.discard(user)
    return TrialAnswer(
        is_taken=answer.is_taken,
        status_code=answer.status or None,
        ms=round(answer.took_s * 1000),
        trouble=answer.trouble or None,
    )


def _try(webhook: Webhook, secrets: Secrets) -> Answer:
    net = Net.of(FetchSettings())
    max_s = WebhookSettings().webhook_timeout_s
    return send(trial(webhook.id), webhook.url, secrets, net=net, max_s=max_s)
