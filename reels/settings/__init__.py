"""Settings, one class per concern. The environment names are `VIDEO_SERVICE_<FIELD>`."""

from reels.settings.authenticating import AuthSettings
from reels.settings.checks import TEXT2IMG_PROVIDERS
from reels.settings.fetching import FetchSettings
from reels.settings.flowing import FlowSettings
from reels.settings.keeping import MediaSettings
from reels.settings.limiting import LimitSettings
from reels.settings.listening import LiveSettings
from reels.settings.observing import ObservingSettings
from reels.settings.operating import OpsSettings
from reels.settings.playing import PlayingSettings
from reels.settings.providing import ProviderSettings
from reels.settings.recovering import RecoverySettings
from reels.settings.serving import ApiSettings
from reels.settings.sharing import CacheSettings
from reels.settings.storing import StoreSettings
from reels.settings.telling import StatusSettings, WebhookSettings
from reels.settings.working import WorkSettings

#: Every class of settings: what is checked at the start, and described in the README.
ALL = (
    ApiSettings,
    AuthSettings,
    CacheSettings,
    LimitSettings,
    LiveSettings,
    StoreSettings,
    MediaSettings,
    PlayingSettings,
    FetchSettings,
    StatusSettings,
    WebhookSettings,
    FlowSettings,
    WorkSettings,
    ProviderSettings,
    RecoverySettings,
    ObservingSettings,
    OpsSettings,
)

__all__ = [
    "ALL",
    "TEXT2IMG_PROVIDERS",
    "ApiSettings",
    "AuthSettings",
    "CacheSettings",
    "FetchSettings",
    "FlowSettings",
    "LimitSettings",
    "LiveSettings",
    "MediaSettings",
    "ObservingSettings",
    "OpsSettings",
    "PlayingSettings",
    "ProviderSettings",
    "RecoverySettings",
    "StatusSettings",
    "StoreSettings",
    "WebhookSettings",
    "WorkSettings",
]
