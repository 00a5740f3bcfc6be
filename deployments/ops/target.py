"""Where the stack answers that an operator means."""

from __future__ import annotations

import json
import os
from collections.abc import MutableMapping
from urllib.parse import urlsplit

from deployments.layout import Addresses, Layout
from reels.loopback import is_loopback
from reels.settings import StoreSettings


def own_layout() -> Layout:
    """Of the data directory that the settings name."""
    return Layout(StoreSettings().data_dir.absolute())


def running(layout: Layout) -> Addresses | None:
    """Where the stack in this data directory answers, or None when none is up."""
    try:
        content = json.loads(layout.ready_file.read_text())
        os.kill(int(content["pid"]), 0)
        return layout.read_addresses(content["pid"])
    except PermissionError:
        # It is another user's, and alive.
        return layout.read_addresses(content["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def adopt(addresses: Addresses, environment: MutableMapping[str, str]) -> None:
    """Let this process mean the running stack, where its environment does not say otherwise.

    Call it before Prefect is imported, which reads its settings then.
    """
    password = environment.get("PREFECT_SERVER_API_AUTH_STRING", "")
    environment["PREFECT_API_URL"] = addresses.prefect_api_url
    if password:
        environment["PREFECT_API_AUTH_STRING"] = password
    environment.setdefault("VIDEO_SERVICE_PUBLIC_URL", addresses.api_url)


def trusts_environment(url: str) -> bool:
    """Whether proxies of the environment may be used for it: never for this machine itself."""
    return not is_loopback(urlsplit(url).hostname or "")
