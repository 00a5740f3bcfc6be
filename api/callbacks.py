"""Addresses to which users have changes posted: looked at when they are given."""

from __future__ import annotations

from api.services import Services, in_thread
from reels.addresses import read_hosts
from reels.settings import FetchSettings
from reels.webhooks.registry import check_webhook
from reels.webhooks.secrets import SecretBook


async def check_callback(
    services: Services, user: str, url: str | None, field: str = "webhook_url"
) -> None:
    """What the text alone tells of `url`; nobody is asked for anything here.

    What is posted there is to be signed, so that the user has a secret from now on.

    Raises:
        InvalidInput: naming `field`.
    """
    if url is not None:
        check_webhook(url, read_hosts(FetchSettings().fetch_allowed_hosts), field)
        await in_thread(SecretBook(services.store, user).read)
