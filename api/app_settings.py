"""All settings of the app in one place, for `api.app.create_app`."""

from __future__ import annotations

from dataclasses import dataclass, field

from reels.settings import (
    ApiSettings,
    AuthSettings,
    CacheSettings,
    FlowSettings,
    LimitSettings,
    LiveSettings,
    MediaSettings,
    ObservingSettings,
    PlayingSettings,
    StoreSettings,
)


@dataclass(frozen=True)
class AppSettings:
    """What is not given comes from the environment."""

    api: ApiSettings = field(default_factory=ApiSettings)
    auth: AuthSettings = field(default_factory=AuthSettings)
    cache: CacheSettings = field(default_factory=CacheSettings)
    flow: FlowSettings = field(default_factory=FlowSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    live: LiveSettings = field(default_factory=LiveSettings)
    media: MediaSettings = field(default_factory=MediaSettings)
    observing: ObservingSettings = field(default_factory=ObservingSettings)
    playing: PlayingSettings = field(default_factory=PlayingSettings)
    storage: StoreSettings = field(default_factory=StoreSettings)
