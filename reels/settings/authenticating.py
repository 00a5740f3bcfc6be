"""Who may come in, and how they prove who they are."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from reels.settings import auth_checks
from reels.settings.base import CONFIG


class AuthSettings(BaseSettings):
    """How the API knows who asks, and who may answer reviews."""

    # Keys and secrets must not come back in the words of a refusal.
    model_config = SettingsConfigDict(**CONFIG, hide_input_in_errors=True)

    auth: Literal["dev", "gateway", "jwt", "api-key"] = Field(
        default="dev",
        description="how callers prove who they are: `dev` (they do not; on a loopback address "
        "only), `gateway`, `jwt` or `api-key`",
    )
    reviewers: Literal["owners", "editors"] = Field(
        default="owners",
        description="who answers a video's reviews: its owner as well as editors and ops, or "
        "editors and ops only",
    )
    allowed_origins: Annotated[str, AfterValidator(auth_checks.origins)] = Field(
        default="",
        description="web pages of other origins that may call the API from a browser, as in "
        "`https://studio.example.org`, separated by commas",
    )
    gateway_secret: Annotated[SecretStr, AfterValidator(auth_checks.gateway_secret)] = Field(
        default=SecretStr(""),
        description="secret that the gateway sends in `X-Gateway-Secret`; 16 characters or more",
    )
    gateway_secret_before: Annotated[SecretStr, AfterValidator(auth_checks.gateway_secret)] = Field(
        default=SecretStr(""), description="the gateway's secret before, while it is changed"
    )
    jwks_url: Annotated[str, AfterValidator(auth_checks.jwks_url)] = Field(
        default="", description="https address of the key set that tokens are signed with"
    )
    jwt_key: Annotated[SecretStr, AfterValidator(auth_checks.jwt_key)] = Field(
        default=SecretStr(""),
        description="in place of a key set: a public key in PEM, or a shared secret of 32 bytes "
        "or more",
    )
    jwt_audience: str = Field(
        default="", description="what a token's `aud` must hold; empty: anything"
    )
    jwt_issuer: str = Field(default="", description="what a token's `iss` must be; empty: anything")
    jwt_user_claim: str = Field(
        default="sub", min_length=1, description="claim of a token that names the user"
    )
    jwt_role_claim: str = Field(
        default="role",
        min_length=1,
        description="claim of a token that names the role, or a list with it; a path as in "
        "`realm_access.roles` goes into objects",
    )

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.auth == "gateway" and not self.gateway_secret.get_secret_value():
            raise ValueError(
                "VIDEO_SERVICE_AUTH is gateway, and VIDEO_SERVICE_GATEWAY_SECRET is empty; make a "
                "secret with: openssl rand -hex 32"
            )
        if self.auth == "jwt" and bool(self.jwks_url) == bool(self.jwt_key.get_secret_value()):
            raise ValueError(
                "VIDEO_SERVICE_AUTH is jwt, which takes exactly one of VIDEO_SERVICE_JWKS_URL and "
                "VIDEO_SERVICE_JWT_KEY"
            )
        return self

    @property
    def origin_list(self) -> tuple[str, ...]:
        """The allowed origins, as browsers send them."""
        return tuple(part.strip() for part in self.allowed_origins.split(",") if part.strip())
