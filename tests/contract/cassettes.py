"""Cassettes: exchanges with the services, written once by a maintainer and replayed by tests.

vcrpy sees the calls of both httpx and httpx2, which the vendors' SDKs use. Of a request only
its method and address are kept, below a host that stands for the service's; of an answer its
status, a few headers and its body.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import vcr
from vcr.persisters.filesystem import FilesystemPersister
from vcr.request import Request
from vcr.serialize import serialize

from reels.cloud import pexels, pixabay
from reels.cloud.access import Service
from tests.contract.cleaning import (
    KEPT_HEADERS,
    SecretFound,
    clean_body,
    clean_text,
    known_secrets,
    require_clean,
)

FOLDER = Path(__file__).parent.parent / "cassettes"
#: Files of a repository are kept under a megabyte.
MOST_BYTES = 900_000
#: Where the vendors' own SDKs and our own code call, when no setting says otherwise.
HOMES: dict[Service, str] = {
    "gemini": "https://generativelanguage.googleapis.com",
    "elevenlabs": "https://api.elevenlabs.io",
    "pexels": pexels.HOME,
    "pixabay": pixabay.HOME,
}
_KEY_PARAMETERS = {"key", "api_key", "xi-api-key", "access_token"}


class TooLarge(Exception):
    """A cassette would be no file for a repository."""


@contextmanager
def recording(path: Path, service: Service, base_url: str = "") -> Iterator[None]:
    """Write what the body exchanges with the service, which answers at `base_url`, to `path`.

    Raises:
        SecretFound, TooLarge: nothing was written.
    """
    path.unlink(missing_ok=True)
    guard = _Guarded(known_secrets())
    with _tape("all", service, base_url, guard).use_cassette(str(path)):
        yield
    if guard.refusal:
        raise guard.refusal


@contextmanager
def replaying(path: Path, service: Service, base_url: str = "") -> Iterator[None]:
    """Answer the body's calls out of `path`, each once; nothing is asked of anybody.

    A call that is not in it fails.
    """
    guard = _Guarded(known_secrets())
    with _tape("none", service, base_url, guard).use_cassette(str(path)):
        yield


def _tape(mode: str, service: Service, base_url: str, guard: _Guarded) -> vcr.VCR:
    tape = vcr.VCR(
        record_mode=mode,
        match_on=("method", "uri"),
        decode_compressed_response=True,
        before_record_request=partial(_bare_request, service, base_url or HOMES[service]),
        before_record_response=partial(_bare_response, guard.secrets),
    )
    tape.register_persister(guard)
    return tape


def _bare_request(service: Service, home: str, request: Request) -> Request:
    """vcrpy asks for it more than once, of what it has made bare already, too."""
    parts = urlsplit(request.uri)
    root = urlsplit(home)
    stand_in = f"{service}.example"
    if parts.netloc == stand_in:
        return request
    if parts.netloc != root.netloc:
        raise SecretFound("A call went to another host than the service's; nothing was written.")
    path = parts.path.removeprefix(root.path.rstrip("/"))
    asked = [(n, v) for n, v in parse_qsl(parts.query) if n.lower() not in _KEY_PARAMETERS]
    query = f"?{urlencode(sorted(asked))}" if asked else ""
    return Request(request.method, f"https://{stand_in}{path}{query}", b"", {})


def _bare_response(secrets: tuple[str, ...], response: dict[str, Any]) -> dict[str, Any]:
    headers = {name.lower(): values for name, values in response["headers"].items()}
    kept = {
        name: [clean_text(value, secrets) for value in headers[name]]
        for name in KEPT_HEADERS
        if name in headers
    }
    media_type = kept.get("content-type", [""])[0]
    body = clean_body(response["body"]["string"], media_type, secrets)
    return {"status": response["status"], "headers": kept, "body": {"string": body}}


class _Guarded(FilesystemPersister):
    """Looks at everything once more before a file is written.

    A refusal is kept: raised while vcrpy closes, it would leave its patches in place.
    """

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self.secrets = secrets
        self.refusal: Exception | None = None

    def save_cassette(  # type: ignore[override]
        self, cassette_path: str, cassette_dict: dict[str, Any], serializer: Any
    ) -> None:
        try:
            self._check_and_save(cassette_path, cassette_dict, serializer)
        except (SecretFound, TooLarge) as refusal:
            self.refusal = refusal

    def _check_and_save(
        self, cassette_path: str, cassette_dict: dict[str, Any], serializer: Any
    ) -> None:
        for response in cassette_dict["responses"]:
            require_clean(response["body"]["string"], self.secrets)
        content = serialize(cassette_dict, serializer)
        require_clean(content.encode(), self.secrets)
        if len(content) > MOST_BYTES:
            raise TooLarge(f"{Path(cassette_path).name} would have {len(content):,} bytes.")
        FilesystemPersister.save_cassette(cassette_path, cassette_dict, serializer)
