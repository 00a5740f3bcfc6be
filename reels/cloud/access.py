"""Keys and addresses of the services, from whoever keeps them.

A provider asks for its access when it is called, never when it is listed. The environment
(`reels.settings.ProviderSettings`) is asked first; flows add Prefect's blocks by `add_source`.
A key is a `SecretStr` all the way to the SDK: it has no place in a model that is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import SecretStr

from reels.errors import AuthenticationFailed
from reels.models import Model
from reels.settings import ProviderSettings

Service = Literal["gemini", "elevenlabs", "pexels", "pixabay"]


class Access(Model):
    """How a service is reached. `base_url` is empty for the vendor's own address."""

    api_key: SecretStr
    base_url: str = ""


Source = Callable[[Service], Access | None]


def from_settings(service: Service) -> Access | None:
    """The access that the environment gives, or None."""
    settings = ProviderSettings()
    key: SecretStr = getattr(settings, f"{service}_api_key")
    if not key.get_secret_value():
        return None
    return Access(api_key=key, base_url=getattr(settings, f"{service}_base_url"))


_sources: list[Source] = [from_settings]


def add_source(source: Source) -> None:
    """Ask `source` too, after those that are there; adding it twice does nothing."""
    if source not in _sources:
        _sources.append(source)


def access(service: Service) -> Access:
    """The access to a service.

    Raises:
        AuthenticationFailed: nobody has a key; names the setting.
    """
    for source in _sources:
        found = source(service)
        if found is not None:
            return found
    raise AuthenticationFailed(
        service,
        f"There is no key for {service}.",
        remedy=f"Set {key_setting(service)}, or save the block {service}-access/default.",
    )


def key_setting(service: Service) -> str:
    """The name of the setting that holds the service's key, for messages."""
    return f"VIDEO_SERVICE_{service.upper()}_API_KEY"
