"""The REST API as operators use it: who they are to it, and its errors in words."""

from __future__ import annotations

from typing import Any, cast

import httpx

from api.identity.base import OPS, ROLE_HEADER, USER_HEADER
from api.identity.gateway import SECRET_HEADER
from deployments.ops.target import own_layout, running, trusts_environment
from reels.errors import InvalidInput, ReelsError, Unavailable
from reels.settings import ApiSettings, AuthSettings, OpsSettings

TIMEOUT_S = 60.0


class Api:
    """Asks the API at `url`; close it, or use it as a context."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._url = url.rstrip("/")
        self._client = httpx.Client(
            headers=headers, timeout=TIMEOUT_S, trust_env=trusts_environment(url)
        )

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        """What is there.

        Raises:
            Unavailable: nobody answers, or no API of ours.
            ReelsError: it refuses, in its own words.
        """
        return self._ask("GET", path, params=params)

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Have something done. Raises as `get` does."""
        return self._ask("POST", path, json=body or {})

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, self._url + path, **options)
            content = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(
                f"The API at {self._url} does not answer: {error}.",
                remedy="Start it (`make up`), or name another by --api.",
            ) from error
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise Unavailable(
                f"What answers at {self._url} is not this API ({answer.status_code}).",
                remedy="Name the API's address by --api, without a path.",
            )
        if answer.is_success:
            return cast("dict[str, Any]", content)
        raise _refusal(answer.status_code, content)


def _refusal(status: int, problem: dict[str, Any]) -> ReelsError:
    detail = str(problem.get("detail") or f"The API answered {status}.")
    remedy = str(problem.get("remedy") or "")
    if status == 401:
        remedy = "Give a key of the role ops by --key or VIDEO_SERVICE_API_KEY; " + (
            "`python -m deployments.keys make --user ops --role ops` makes one."
        )
    return ReelsError(detail, remedy=remedy)


def open_api(url: str, key: str) -> Api:
    """The API that is meant, and who asks: whoever the key says, else ops as far as believed.

    The address is `url`, or VIDEO_SERVICE_PUBLIC_URL where it is set, or that of the stack
    that runs in the data directory. A key is sent as a bearer token, which the modes
    `api-key` and `jwt` take; without one the headers of `dev` and `gateway` are.
    """
    address = url or _address()
    if not address.startswith(("http://", "https://")):
        raise InvalidInput(
            "api", f"{address!r} is no address.", remedy="Write it as http://host:port."
        )
    return Api(address, _headers(key or OpsSettings().api_key.get_secret_value()))


def _address() -> str:
    settings = ApiSettings()
    if "public_url" in settings.model_fields_set:
        return settings.public_url
    stack = running(own_layout())
    return stack.api_url if stack else settings.public_url


def _headers(key: str) -> dict[str, str]:
    if key:
        return {"Authorization": f"Bearer {key}"}
    auth = AuthSettings()
    who = {USER_HEADER: OPS, ROLE_HEADER: "ops"}
    if auth.auth == "gateway":
        who[SECRET_HEADER] = auth.gateway_secret.get_secret_value()
    return who
