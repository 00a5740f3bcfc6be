"""Settings, one class per concern. The environment names are `VIDEO_SERVICE_<FIELD>`."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from reels.addresses import read_hosts
from reels.keys import check_key

_CONFIG = SettingsConfigDict(
    env_prefix="VIDEO_SERVICE_", env_file=".env", extra="ignore", frozen=True
)


def _media_prefix(value: str) -> str:
    """Keys of media may not be those under which the house itself keeps things."""
    prefix = check_key(value.strip("/"), "prefix")
    if prefix.split("/")[0] in {"videos", "cache"}:
        raise ValueError("videos and cache are the house's own prefixes")
    return prefix


def _hosts(value: str) -> str:
    read_hosts(value)
    return value


def _media_folder(value: str) -> str:
    return check_key(value.strip("/"), "folder") if value else ""


#: What TEXT2IMG_PROVIDER may be, and the kind of `reels.visuals` that it means.
TEXT2IMG_PROVIDERS = {
    "": "",
    "gemini": "generated",
    "generated": "generated",
    "stock_picture": "stock_picture",
    "stock_clip": "stock_clip",
}


def _picture_kind(value: str) -> str:
    try:
        return TEXT2IMG_PROVIDERS[value.strip().lower()]
    except KeyError:
        choices = ", ".join(filter(None, TEXT2IMG_PROVIDERS))
        raise ValueError(
            f"VIDEO_SERVICE_TEXT2IMG_PROVIDER is {value!r:.60}, which makes no pictures; "
            f"it may be one of {choices}, or empty"
        ) from None


def _webhook_url(value: SecretStr) -> SecretStr:
    """The address may hold a secret, so that nothing of it is repeated."""
    url = value.get_secret_value()
    if not url:
        return value
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("VIDEO_SERVICE_STATUS_WEBHOOK_URL is no http or https address")
    return value


def _webhook_secret(value: SecretStr) -> SecretStr:
    secret = value.get_secret_value()
    if secret and not 24 <= len(_decoded(secret.removeprefix("whsec_"))) <= 64:
        raise ValueError(
            "VIDEO_SERVICE_STATUS_WEBHOOK_SECRET must be `whsec_` and 24 to 64 bytes in base64; "
            'make one with: echo "whsec_$(openssl rand -base64 32)"'
        )
    return value


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


class ApiSettings(BaseSettings):
    """Where the shim listens and how it is reached from outside."""

    model_config = _CONFIG

    host: str = Field(default="127.0.0.1", description="address that the API listens on")
    port: int = Field(default=8100, ge=0, le=65535, description="port of the API; 0 picks one")
    public_url: str = Field(
        default="http://127.0.0.1:8100",
        description="base of the links that are handed out, without a slash at the end",
    )
    default_user: str = Field(
        default="dev",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$",
        description="user of requests without X-User-ID, when the host is a loopback address",
    )
    media_max_mb: int = Field(
        default=32, ge=1, le=200, description="megabytes of a file that is sent to POST /media"
    )


class StoreSettings(BaseSettings):
    """Where artifacts lie."""

    model_config = _CONFIG

    data_dir: Path = Field(
        default=Path(".reelwright"), description="directory of the embedded stack and its store"
    )
    store: Literal["local", "s3"] = Field(default="local", description="kind of artifact store")
    storage_folder_prefix: str = Field(default="", description="prefix of all keys in the bucket")
    media_root_prefix: Annotated[str, AfterValidator(_media_prefix)] = Field(
        default="assets",
        description="prefix of the users' own media: PREFIX/{user}/{folder}/{name}",
    )
    shared_media_prefix: Annotated[str, AfterValidator(_media_prefix)] = Field(
        default="shared", description="prefix of everyone's media: PREFIX/{folder}/{name}"
    )
    s3_endpoint_url: str = Field(default="", description="endpoint; empty means AWS")
    s3_region: str = Field(default="us-east-1", description="region")
    s3_public_url: str = Field(
        default="", description="endpoint that browsers use in presigned links, when it differs"
    )
    s3_bucket: str = Field(default="", description="bucket")
    s3_access_key: str = Field(default="", description="access key; empty uses the AWS chain")
    s3_secret_key: SecretStr = Field(default=SecretStr(""), description="secret key")
    signing_key: SecretStr = Field(
        default=SecretStr(""),
        description="key of signed local links; empty makes one in the data directory",
    )
    link_expires_s: int = Field(
        default=3600, ge=1, le=604_800, description="life of a link; 7 days at most"
    )


class FetchSettings(BaseSettings):
    """Downloads of addresses that users give: of public web servers only."""

    model_config = _CONFIG

    fetch_allowed_hosts: Annotated[str, AfterValidator(_hosts)] = Field(
        default="",
        description="hosts that may be fetched from wherever they are, by commas, as in "
        "`media.lan:8080`; empty: none",
    )
    fetch_timeout_s: float = Field(
        default=60.0, gt=0, le=900, description="seconds that one download may take"
    )
    fetch_picture_mb: int = Field(
        default=32, ge=1, le=1000, description="megabytes that a picture may have"
    )
    fetch_sound_mb: int = Field(
        default=256, ge=1, le=4000, description="megabytes that a sound may have"
    )


class StatusSettings(BaseSettings):
    """Where each change of a job is told. Nothing is told while neither is set."""

    # What is secret here must not come back in the words of a refusal.
    model_config = SettingsConfigDict(**_CONFIG, hide_input_in_errors=True)

    status_dsn: SecretStr = Field(
        default=SecretStr(""),
        description="Postgres whose table `videos` follows the jobs, as in "
        "`postgresql://user:password@host:5432/postgres`; empty: none",
    )
    status_webhook_url: Annotated[SecretStr, AfterValidator(_webhook_url)] = Field(
        default=SecretStr(""),
        description="address to which every change of a job is posted; empty: none",
    )
    status_webhook_secret: Annotated[SecretStr, AfterValidator(_webhook_secret)] = Field(
        default=SecretStr(""),
        description="secret that signs what is posted: `whsec_` and 24 to 64 bytes in base64",
    )
    status_media_url: str = Field(
        default="",
        description="base of the videos' public addresses, to which the key is added; empty: "
        "links of the store, which end after 7 days at most",
    )
    status_patience_s: int = Field(
        default=86_400,
        ge=1,
        le=2_592_000,
        description="seconds for which a change that cannot be told is tried again",
    )


class FlowSettings(BaseSettings):
    """How the flows wait and what they use."""

    model_config = _CONFIG

    default_language: str = Field(
        default="en", description="language of a job that names none and is too short to tell"
    )
    default_style: str = Field(default="", description="style when a job names none")
    default_tone: str = Field(default="", description="tone when a job names none")
    approval_hold_s: int = Field(
        default=60, ge=1, description="seconds that an approval holds its process, then suspends"
    )
    approval_timeout_s: int = Field(
        default=604_800, ge=1, description="seconds after which a waiting job is cancelled"
    )
    tts_provider: str = Field(
        default="espeak", description="voices by their names in reels.voice, the next if one fails"
    )
    tts_voice: str = Field(default="", description="voice variant when a job names none")
    storyboard_provider: str = Field(
        default="outline",
        description="storyboarders by their names in reels.storyboard, the next if one fails",
    )
    words_provider: str = Field(
        default="dtw",
        description="aligners by their names in reels.words, the next if one cannot",
    )
    render_shards: int = Field(
        default=1, ge=1, le=32, description="runs of the render pool that share one video"
    )
    encoder: Literal["auto", "libx264", "h264_nvenc", "h264_qsv", "h264_videotoolbox"] = Field(
        default="auto", description="H.264 encoder; `auto` takes hardware that works, else libx264"
    )
    backing_track: str = Field(
        default="bed",
        description="music makers by their names in reels.music, the next if one fails",
    )
    effects_provider: str = Field(
        default="shipped",
        description="makers of sound effects, the next if one fails: shipped, elevenlabs",
    )
    text2img_provider: Annotated[str, AfterValidator(_picture_kind)] = Field(
        default="",
        description="whose pictures storyboards may have beside slides: gemini (which is the "
        "visual kind generated), stock_picture or stock_clip; empty: slides only",
    )
    stock_provider: str = Field(
        default="pexels,pixabay",
        description="stock libraries, the next if one has nothing; those without a key are skipped",
    )
    default_background_folder: Annotated[str, AfterValidator(_media_folder)] = Field(
        default="",
        description="folder of media that is shown when a job names none; empty: none",
    )


class ProviderSettings(BaseSettings):
    """Keys, addresses and models of the services. Keys may be Prefect blocks instead."""

    model_config = _CONFIG

    gemini_api_key: SecretStr = Field(default=SecretStr(""), description="key of Gemini")
    gemini_base_url: str = Field(default="", description="address of Gemini; empty is Google's")
    gemini_api_version: str = Field(default="v1", description="version in Gemini's paths")
    gemini_model: str = Field(default="gemini-3.8-flash", description="model for storyboards")
    gemini_image_model: str = Field(
        default="gemini-3.1-flash-image", description="model for pictures"
    )
    gemini_tts_model: str = Field(default="gemini-3.8-flash-tts", description="model for speech")
    gemini_tts_voice: str = Field(default="Kore", description="voice of Gemini's speech")
    gemini_music_model: str = Field(default="lyria-3-clip-preview", description="model for music")
    elevenlabs_api_key: SecretStr = Field(default=SecretStr(""), description="key of ElevenLabs")
    elevenlabs_base_url: str = Field(
        default="", description="address of ElevenLabs; empty is the vendor's"
    )
    elevenlabs_voice_id: str = Field(
        default="JBFqnCBsd6RMkjVDRZzb", description="voice of ElevenLabs when a job names none"
    )
    elevenlabs_model_id: str = Field(
        default="eleven_multilingual_v2", description="model of ElevenLabs' speech"
    )
    elevenlabs_music_model_id: str = Field(
        default="music_v2", description="model of ElevenLabs' music"
    )
    pexels_api_key: SecretStr = Field(default=SecretStr(""), description="key of Pexels")
    pexels_base_url: str = Field(default="", description="address of Pexels; empty is its own")
    pixabay_api_key: SecretStr = Field(default=SecretStr(""), description="key of Pixabay")
    pixabay_base_url: str = Field(default="", description="address of Pixabay; empty is its own")
    whisper_local_model: str = Field(
        default="base", description="Whisper's model: a name, or the path of a checkpoint"
    )
    provider_timeout_s: float = Field(
        default=120.0, gt=0, le=900, description="seconds that one call to a service may take"
    )
    provider_attempts: int = Field(
        default=4, ge=1, le=10, description="how often a call that can pass is tried"
    )
    gemini_concurrency: int = Field(
        default=5, ge=1, le=1000, description="calls to Gemini at once, of all jobs together"
    )
    elevenlabs_concurrency: int = Field(
        default=3, ge=1, le=1000, description="calls to ElevenLabs at once; a plan allows so many"
    )
    pexels_concurrency: int = Field(default=4, ge=1, le=1000, description="calls to Pexels at once")
    pixabay_concurrency: int = Field(
        default=4, ge=1, le=1000, description="calls to Pixabay at once; 100 in a minute at most"
    )
    prices_file: Path | None = Field(
        default=None, description="JSON table of prices that goes before the shipped one"
    )
