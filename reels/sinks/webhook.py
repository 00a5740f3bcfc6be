"""Status changes posted to an address of ops', signed by the Standard Webhooks specification.

The receiver may get a change twice, under the same `webhook-id`, and should answer 2xx at once.
410 means that it wants no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import SecretStr

from reels.cloud.retry_after import retry_after_s
from reels.errors import BadOutput, ProviderError, RateLimited, TransientFailure
from reels.settings import StatusSettings
from reels.sinks.base import StatusChange
from reels.webhooks.messages import told
from reels.webhooks.signing import signed_headers

if TYPE_CHECKING:
    import httpx

NAME = "webhook"
EVENT = "video.status_changed"
TIMEOUT_S = 15.0
_PASSING = {408, 425}
_ADDRESS = "Check VIDEO_SERVICE_STATUS_WEBHOOK_URL, and that the receiver runs."


class WebhookSink:
    """Posts each change to `url`; signed when there is a `secret`."""

    name = NAME

    def __init__(self, url: SecretStr, secret: SecretStr | None = None) -> None:
        self._url = url
        self._secret = secret
        self._is_off = False
        self._client: httpx.Client | None = None

    @classmethod
    def configured(cls, settings: StatusSettings) -> Self | None:
        url, secret = settings.status_webhook_url, settings.status_webhook_secret
        if not url.get_secret_value():
            return None
        return cls(url, secret if secret.get_secret_value() else None)

    def __repr__(self) -> str:
        return "WebhookSink()"

    def write(self, change: StatusChange) -> None:
        """Post the change. Does nothing once the receiver has answered 410."""
        if self._is_off:
            return
        import httpx

        body = told(change, EVENT)
        headers = {"content-type": "application/json", **self._signed(str(change.id), body)}
        try:
            # Only the status counts, so that the answer's body is not read.
            with self._open().stream(
                "POST", self._url.get_secret_value(), content=body, headers=headers
            ) as answer:
                status, after = answer.status_code, answer.headers.get("retry-after")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            reason = type(error).__name__
            raise TransientFailure(
                NAME, f"The status webhook does not answer ({reason}).", remedy=_ADDRESS
            ) from None
        if status == 410:
            self._is_off = True
        if not 200 <= status < 300:
            raise _refusal(status, after)

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _open(self) -> httpx.Client:
        if self._client is None:
            import httpx

            self._client = httpx.Client(
                timeout=TIMEOUT_S, trust_env=False, headers={"user-agent": "reelwright"}
            )
        return self._client

    def _signed(self, message_id: str, body: bytes) -> dict[str, str]:
        """The signature is left out where there is no secret."""
        keys = [self._secret.get_secret_value()] if self._secret is not None else []
        headers = signed_headers(keys, message_id, body)
        return {name: value for name, value in headers.items() if value}


def _refusal(status: int, after: str | None) -> ProviderError:
    message = f"The status webhook answered {status}."
    if status == 429:
        return RateLimited(NAME, message, retry_after_s=retry_after_s(after))
    if status in _PASSING or status >= 500:
        return TransientFailure(NAME, message)
    if status == 410:
        remedy = "Nothing more is posted until the stack is started again."
        return BadOutput(NAME, message, remedy=remedy)
    return BadOutput(NAME, message, remedy=_ADDRESS)
