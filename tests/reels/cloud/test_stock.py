"""Every failure of Pexels and Pixabay, over the wire, as one of our errors."""

from __future__ import annotations

import logging
import pickle
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from deployments.fake_cloud.running import Cloud
from deployments.fake_cloud.state import Fault
from deployments.fake_cloud.stock import NOTHING
from reels.cloud.charges import keep_books
from reels.cloud.stock import (
    StockItem,
    StockName,
    StockQuery,
    bring_item,
    libraries,
    reachable,
    search,
)
from reels.cloud.stock_items import Variant, best_variant
from reels.errors import (
    AuthenticationFailed,
    BadOutput,
    ContentBlocked,
    InvalidInput,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    TransientFailure,
)
from tests.reels.cloud.ledger import Ledger
from tests.reels.cloud.talking import Talking

#: With a character that a URL writes in another way.
KEY = "planted/key=0123456789abcdef"
NAMES: tuple[StockName, ...] = ("pexels", "pixabay")
TALL, WIDE = (1080, 1920), (1920, 1080)
PAGE = "<!doctype html><html><body>Bad gateway</body></html>"


@pytest.fixture(autouse=True)
def planted(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(f"VIDEO_SERVICE_{name.upper()}_API_KEY", KEY)


def asked(name: StockName, words: str = "lake", **values: Any) -> tuple[StockItem, ...]:
    return search(name, StockQuery(medium=values.pop("medium", "picture"), words=words,
                                   size_px=values.pop("size_px", TALL), **values))  # fmt: skip


ANSWERS: list[tuple[str, int, Any, dict[str, str], type[ProviderError]]] = [
    ("unauthorized", 401, {"status": 401, "code": "Unauthorized"}, {}, AuthenticationFailed),
    ("forbidden", 403, {"error": "Access disallowed"}, {}, AuthenticationFailed),
    ("key, Pixabay", 400, "[ERROR 400] Invalid or missing API key.", {}, AuthenticationFailed),
    ("parameter, Pixabay", 400, '[ERROR 400] "per_page" is out of valid range.', {}, ProviderError),
    ("plan", 402, {}, {}, QuotaExceeded),
    ("rate", 429, "API rate limit exceeded", {}, RateLimited),
    ("rate with a wait", 429, {}, {"retry-after": "7"}, RateLimited),
    ("rate, Pixabay's", 429, "", {"x-ratelimit-reset": "31"}, RateLimited),
    ("the month is used up", 429, "", {"x-ratelimit-reset": "99999999999"}, QuotaExceeded),
    ("legal", 451, "", {}, ContentBlocked),
    ("moved", 302, "", {"location": "https://example.com/"}, ProviderError),
    ("not there", 404, PAGE, {}, ProviderError),
    ("timeout", 408, "", {}, TransientFailure),
    ("error", 500, {"error": "Internal"}, {}, TransientFailure),
    ("bad gateway", 502, PAGE, {}, TransientFailure),
    ("unavailable", 503, "", {"retry-after": "5"}, TransientFailure),
    ("a page", 200, PAGE, {}, BadOutput),
    ("a list", 200, [1, 2], {}, BadOutput),
    ("another object", 200, {"results": []}, {}, BadOutput),
    ("odd results", 200, {"photos": ["x", {"id": "?"}], "hits": [None]}, {}, BadOutput),
    ("deep", 200, "[" * 50_000, {}, BadOutput),
    ("empty", 200, "", {}, BadOutput),
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("status", "body", "headers", "kind"), [row[1:] for row in ANSWERS], ids=[r[0] for r in ANSWERS]
)
def test_each_answer_becomes_one_error_that_pickles(
    cloud: Cloud,
    name: StockName,
    status: int,
    body: Any,
    headers: dict[str, str],
    kind: type[ProviderError],
) -> None:
    cloud.state.plan(name, [Fault(status=status, body=body, headers=headers)])
    with pytest.raises(ProviderError) as caught:
        asked(name)
    assert type(caught.value) is kind
    assert caught.value.provider == name
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (kind, str(caught.value))
    assert len(str(again)) < 500
    assert "<" not in str(again)


@pytest.mark.parametrize("name", NAMES)
def test_a_wait_is_taken_from_retry_after_or_from_the_reset(cloud: Cloud, name: StockName) -> None:
    soon = str(int(time.time()) + 40)
    waits = [{"retry-after": "7"}, {"x-ratelimit-reset": "31"}, {"x-ratelimit-reset": soon}, {}]
    cloud.state.plan(name, [Fault(status=429, headers=headers) for headers in waits])
    found = []
    for _ in waits:
        with pytest.raises(RateLimited) as caught:
            asked(name)
        found.append(caught.value.retry_after_s)
    assert found[:2] == [7, 31]
    assert found[2] == pytest.approx(40, abs=5)
    assert found[3] is None


@pytest.mark.parametrize("kind", ["hang", "reset"])
@pytest.mark.parametrize("name", NAMES)
def test_a_hang_and_a_reset_may_pass(
    cloud: Cloud, name: StockName, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_PROVIDER_TIMEOUT_S", "0.3")
    cloud.state.plan(name, [Fault(kind=kind)])
    with pytest.raises(TransientFailure):
        asked(name)


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"
    with Talking(head, b" " * 1_000_000) as (url, _):
        monkeypatch.setenv("VIDEO_SERVICE_PEXELS_BASE_URL", url)
        with pytest.raises(BadOutput, match="TooLarge"):
            asked("pexels")


@pytest.mark.parametrize("url", ["ftp://example.com", "http://[::", "no address"])
def test_an_address_of_no_use_names_its_setting(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_PIXABAY_BASE_URL", url)
    with pytest.raises(ProviderError, match="VIDEO_SERVICE_PIXABAY_BASE_URL"):
        asked("pixabay")


@pytest.mark.parametrize("key", ["", "two words", "klüßel", "line\nbreak"])
def test_a_missing_or_broken_key_names_its_setting_and_is_not_quoted(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_PEXELS_API_KEY", key)
    with pytest.raises(AuthenticationFailed, match="VIDEO_SERVICE_PEXELS_API_KEY") as caught:
        asked("pexels")
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", ["good", "echo", "hang", "reset", "refused"])
def test_the_key_is_in_no_log_error_or_result(
    cloud: Cloud,
    name: StockName,
    fault: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("VIDEO_SERVICE_PROVIDER_TIMEOUT_S", "0.3")
    faults = {
        "good": [],
        "echo": [Fault(status=400, body=f"no {KEY} nor {quote(KEY, safe='')} here")],
        "hang": [Fault(kind="hang")],
        "reset": [Fault(kind="reset")],
        "refused": [],
    }
    cloud.state.plan(name, faults[fault])
    if fault == "refused":
        monkeypatch.setenv(f"VIDEO_SERVICE_{name.upper()}_BASE_URL", "http://127.0.0.1:9")
    said = ""
    try:
        said = repr(asked(name))
    except ProviderError as error:
        chain = [error, error.__cause__, error.__context__]
        said = " ".join(f"{each!r} {each} {getattr(each, 'args', '')}" for each in chain)
        said += repr(vars(error))
    for secret in (KEY, quote(KEY, safe=""), "0123456789abcdef"):
        assert secret not in said
        assert secret not in caplog.text
    assert "HTTP Request: GET" in caplog.text or fault in ("hang", "refused")


@pytest.mark.parametrize("name", NAMES)
def test_the_right_key_is_sent_and_a_wrong_one_refused(cloud: Cloud, name: StockName) -> None:
    cloud.state.keys[name] = KEY
    assert asked(name)
    cloud.state.keys[name] = "another"
    with pytest.raises(AuthenticationFailed):
        asked(name)


@pytest.mark.parametrize("medium", ["picture", "clip"])
@pytest.mark.parametrize("name", NAMES)
def test_results_have_an_author_a_page_and_the_shape_of_the_video(
    name: StockName, medium: Any
) -> None:
    for size_px in (TALL, WIDE):
        first = asked(name, medium=medium, size_px=size_px)[0]
        assert (first.size_px[0] < first.size_px[1]) == (size_px == TALL)
        assert first.credit.author
        assert first.credit.page_url.startswith(f"https://{'www.' * (name == 'pexels')}{name}.com/")
        assert first.credit.licence


@pytest.mark.parametrize("name", NAMES)
def test_nothing_found_says_so(name: StockName) -> None:
    with pytest.raises(BadOutput, match="has no picture of"):
        asked(name, NOTHING)


def test_a_search_is_entered_in_the_books_also_when_it_fails(cloud: Cloud) -> None:
    books = Ledger()
    cloud.state.plan("pexels", [Fault(status=500)])
    with keep_books(books, scene=3):
        with pytest.raises(TransientFailure):
            asked("pexels")
        asked("pexels")
    assert [(c.operation, c.units, c.succeeded, c.scene) for c in books.charges] == [
        ("stock", {}, False, 3),
        ("stock", {"request": 1}, True, 3),
    ]


@pytest.mark.parametrize("medium", ["picture", "clip"])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_comes_under_the_suffix_of_what_it_is(
    name: StockName, medium: Any, tmp_path: Path
) -> None:
    item = asked(name, medium=medium, size_px=(360, 640))[0]
    file = bring_item(item, tmp_path / "x.png")
    assert file.name == ("x.jpg" if medium == "picture" else "x.mp4")
    assert list(tmp_path.iterdir()) == [file]


def test_of_a_clips_files_the_smallest_that_covers_the_video_is_taken() -> None:
    sides = [(360, 640), (720, 1280), (1080, 1920), (2160, 3840)]
    files = [Variant(url=str(size), size_px=size) for size in sides]
    taken = [best_variant(files, size) for size in ((1080, 1920), (540, 960), (4000, 4000))]
    assert [each and each.size_px for each in taken] == [sides[2], sides[1], sides[3]]
    assert best_variant([], TALL) is None


FILES: list[tuple[str, Fault, type[ProviderError]]] = [
    ("gone", Fault(status=404), BadOutput),
    ("forbidden", Fault(status=403), BadOutput),
    ("rate", Fault(status=429), RateLimited),
    ("error", Fault(status=503), TransientFailure),
    ("reset", Fault(kind="reset"), TransientFailure),
    ("hang", Fault(kind="hang"), TransientFailure),
    ("a page", Fault(status=200, body=PAGE), BadOutput),
    ("JSON", Fault(status=200, body={"a": 1}), BadOutput),
    ("empty", Fault(status=200, body=""), BadOutput),
    ("elsewhere", Fault(status=302, headers={"location": "http://169.254.169.254/"}), BadOutput),
    ("inwards", Fault(status=302, headers={"location": "https://127.0.0.1/"}), BadOutput),
]


@pytest.mark.parametrize("medium", ["picture", "clip"])
@pytest.mark.parametrize(
    ("fault", "kind"), [row[1:] for row in FILES], ids=[row[0] for row in FILES]
)
def test_a_file_that_is_none_becomes_one_error_and_leaves_nothing(
    cloud: Cloud,
    medium: Any,
    fault: Fault,
    kind: type[ProviderError],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    item = asked("pexels", medium=medium, size_px=(360, 640))[0]
    monkeypatch.setenv("VIDEO_SERVICE_PROVIDER_TIMEOUT_S", "0.3")
    cloud.state.plan("pexels-files", [fault])
    with pytest.raises(ProviderError) as caught:
        bring_item(item, tmp_path / "x")
    assert type(caught.value) is kind
    assert not list(tmp_path.iterdir())


def test_a_picture_in_place_of_a_clip_and_a_broken_one_are_refused(
    cloud: Cloud, tmp_path: Path
) -> None:
    item = asked("pixabay", size_px=(360, 640))[0]
    with pytest.raises(BadOutput, match="in place of the clip"):
        bring_item(item.model_copy(update={"medium": "clip"}), tmp_path / "x")
    for medium, head in (("picture", "\x89PNG\r\n\x1a\n"), ("clip", "\0\0\0\x18ftypmp42")):
        body = head.encode("latin-1") + b"\0" * 2_000
        answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        with Talking(answer) as (url, _), pytest.MonkeyPatch.context() as patch:
            patch.setenv("VIDEO_SERVICE_PIXABAY_BASE_URL", url)
            own = item.model_copy(update={"medium": medium, "url": f"{url}/x"})
            with pytest.raises(BadOutput, match="cannot be used"):
                bring_item(own, tmp_path / "x")


@pytest.mark.parametrize(
    "url",
    [
        "http://images.pexels.com/a.jpeg",
        "https://images.pexels.com:8443/a.jpeg",
        "https://pexels.com.example.com/a.jpeg",
        "https://notpexels.com/a.jpeg",
        "https://pexels.com@127.0.0.1/a.jpeg",
        "https://127.0.0.1/a.jpeg",
        "http://localhost:8100/a.jpeg",
        "file:///etc/passwd",
        "https://",
        "//pexels.com/a.jpeg",
    ],
)
def test_files_are_taken_from_the_libraries_own_hosts_only(url: str, tmp_path: Path) -> None:
    item = asked("pexels")[0].model_copy(update={"url": url})
    with pytest.raises(BadOutput, match=r"another host|no address"):
        bring_item(item, tmp_path / "x")


def test_a_file_takes_no_key_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    item = asked("pexels")[0]
    with Talking(b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n") as (url, heard):
        monkeypatch.setenv("VIDEO_SERVICE_PEXELS_BASE_URL", url)
        with pytest.raises(BadOutput):
            bring_item(item.model_copy(update={"url": f"{url}/a.jpeg"}), tmp_path / "x")
    assert heard
    assert KEY.encode() not in heard[0]
    assert b"authorization" not in heard[0].lower()


def test_names_and_pages_of_authors_are_cleaned(cloud: Cloud) -> None:
    hit = {
        "id": 5, "pageURL": "javascript:alert(1)", "user": "<b>Eve</b>\u202e\n{\\fs400}",
        "imageWidth": 2000, "imageHeight": 3000, "largeImageURL": "https://pixabay.com/x.jpg",
    }  # fmt: skip
    cloud.state.plan("pixabay", [Fault(status=200, body={"hits": [hit]})])
    credit = asked("pixabay")[0].credit
    assert credit.page_url == ""
    assert not set("<>\n\u202e") & set(credit.author)


def test_only_libraries_with_a_key_are_asked_and_none_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert libraries(" pixabay, pexels ,pixabay") == ("pixabay", "pexels")
    assert reachable(NAMES) == NAMES
    monkeypatch.setenv("VIDEO_SERVICE_PEXELS_API_KEY", "")
    assert reachable(NAMES) == ("pixabay",)
    monkeypatch.setenv("VIDEO_SERVICE_PIXABAY_API_KEY", "")
    with pytest.raises(AuthenticationFailed, match="VIDEO_SERVICE_PEXELS_API_KEY"):
        reachable(NAMES)
    with pytest.raises(InvalidInput):
        libraries("shutterstock")
