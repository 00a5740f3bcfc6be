"""Keys, addresses and models of the paid services."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from reels.settings.base import CONFIG


class ProviderSettings(BaseSettings):
    """Keys, addresses and models of the services. Keys may be Prefect blocks instead."""

    model_config = CONFIG

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
