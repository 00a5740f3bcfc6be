"""Files of the stock libraries, brought here: from their own hosts only, and looked at.

A search's answer says where a file lies. It is fetched over https from the libraries' own
hosts, or from the host that the settings name as the library's, and without a key.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.parse import urljoin

import httpx

from reels.cloud.access import access
from reels.cloud.bounds import bounded_client
from reels.cloud.stock_items import Medium, StockItem
from reels.cloud.stock_wire import from_transport, limited_by, name_of
from reels.errors import BadOutput, ProviderError, RenderError, TransientFailure
from reels.settings import ProviderSettings
from reels.sniffing import HEAD_BYTES, sniff

#: Pexels' older clips lie at Vimeo.
HOSTS = ("pexels.com", "pixabay.com", "player.vimeo.com", "vimeocdn.com")
MAX_BYTES: dict[Medium, int] = {"picture": 64 << 20, "clip": 256 << 20}
_MAX_REDIRECTS = 3
_PIECE_BYTES = 1 << 20


def bring_item(item: StockItem, to: Path) -> Path:
    """The item's file beside `to`, under its name with the suffix of what it is.

    Raises:
        BadOutput: what lies there is no picture or clip, or lies at another host.
        ProviderError: it cannot be fetched.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="stock-", dir=to.parent) as folder:
        raw = Path(folder) / "file"
        _fetch(item, raw)
        suffix = _suffix(item, raw)
        named = raw.rename(raw.with_suffix(suffix))
        _look(item, named, Path(folder))
        return named.rename(to.with_suffix(suffix))


def _fetch(item: StockItem, to: Path) -> None:
    own = access(item.provider).base_url
    url = item.url
    for _ in range(_MAX_REDIRECTS + 1):
        _check_address(item, url, own)
        onward = _fetched(item, url, to)
        if not onward:
            return
        url = urljoin(url, onward)
    raise BadOutput(item.provider, f"{_what(item)} is redirected too often.")


def _fetched(item: StockItem, url: str, to: Path) -> str:
    """Empty when the file is there; otherwise where it is to be had."""
    limit_s = ProviderSettings().provider_timeout_s
    failure: ProviderError
    try:
        with (
            bounded_client(
                limit_s=limit_s,
                limit_bytes=MAX_BYTES[item.medium],
                on_reply=lambda _headers: None,
            ) as client,
            client.stream("GET", url) as reply,
        ):
            if reply.is_redirect:
                return reply.headers["location"]
            if reply.status_code == 200:
                with to.open("wb") as file:
                    for piece in reply.iter_raw(_PIECE_BYTES):
                        file.write(piece)
                return ""
            failure = _refused(item, reply)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        failure = ProviderError(item.provider, f"{_what(item)} cannot be kept: {reason}.")
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError) as error:
        failure = from_transport(item.provider, error)
    raise failure


def _refused(item: StockItem, reply: httpx.Response) -> ProviderError:
    status = reply.status_code
    message = f"{_what(item)} cannot be had: {name_of(item.provider)} answered {status}."
    limited = limited_by(item.provider, reply, message)
    if limited is not None:
        return limited
    if status >= 500 or status in (408, 425):
        return TransientFailure(item.provider, message)
    return BadOutput(item.provider, message)


def _check_address(item: StockItem, url: str, own: str) -> None:
    try:
        address = httpx.URL(url)
        home = httpx.URL(own) if own else None
    except (httpx.InvalidURL, UnicodeError):
        raise BadOutput(item.provider, f"{_what(item)} has no address.") from None
    if home is not None and _origin(address) == _origin(home) and not address.userinfo:
        return
    host = address.host.rstrip(".").lower()
    known = any(host == each or host.endswith(f".{each}") for each in HOSTS)
    plain = address.scheme == "https" and address.port in (None, 443) and not address.userinfo
    if not known or not plain:
        raise BadOutput(
            item.provider, f"{_what(item)} lies at another host than the library's: {host[:80]!r}."
        )


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _suffix(item: StockItem, path: Path) -> str:
    with path.open("rb") as file:
        found = sniff(file.read(HEAD_BYTES))
    if found is None or item.medium not in found.kinds or found.suffix == ".webm":
        raise BadOutput(
            item.provider, f"Something else came in place of the {item.medium} {item.name}."
        )
    return found.suffix


def _look(item: StockItem, path: Path, work: Path) -> None:
    # OpenCV is loaded when a file is looked at, not when the kinds are listed.
    from reels.footage import footage
    from reels.pictures import decode
    from reels.timeline import Media

    try:
        if item.medium == "clip":
            footage(Media.of(path), work)
        else:
            decode(path)
    except RenderError as error:
        raise BadOutput(item.provider, f"{_what(item)} cannot be used: {error.message}") from None


def _what(item: StockItem) -> str:
    return f"The {item.medium} {item.name}"
