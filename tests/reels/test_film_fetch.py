"""Films from the web: they go on where they were broken off, or start over where they must."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from reels.addresses import Host
from reels.errors import BadOutput, InvalidInput, ProviderError, TransientFailure
from reels.fetch import Fetched, FetchLimits, Net
from reels.film_fetch import fetch_film, film_limits
from reels.settings import FetchSettings
from tests.reels.net_kit import Web, public_net, redirecting
from tests.reels.range_kit import FileServer, file_server

HOME = "http://media.test.example"
URL = f"{HOME}/film"
LIMITS = FetchLimits(max_bytes=4_000_000, max_s=20)
FETCHING = (sys.executable, "-m", "tests.reels.fetching")
OLD = "Wed, 21 Oct 2015 07:28:00 GMT"


def film(seed: str, size: int = 1_000_000) -> bytes:
    """What looks like a film from the outside."""
    noise = b"".join(hashlib.sha256(f"{seed} {n}".encode()).digest() for n in range(size // 32 + 1))
    return (b"\0\0\0\x18ftypisom" + noise)[:size]


BODY = film("one")


@pytest.fixture
def one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_PROVIDER_ATTEMPTS", "1")


@pytest.fixture
def served() -> Iterator[tuple[Web, FileServer]]:
    with file_server(BODY) as pair:
        yield pair


def bring(web: Web, desk: Path, url: str = URL, limits: FetchLimits = LIMITS) -> Fetched:
    return fetch_film(url, desk, limits, net=public_net(web).net())


def test_a_film_comes_and_is_not_asked_for_again(
    served: tuple[Web, FileServer], tmp_path: Path
) -> None:
    web, file = served
    shares: list[float] = []
    got = fetch_film(URL, tmp_path, LIMITS, net=public_net(web).net(), on_share=shares.append)

    assert (got.path.read_bytes(), got.kind, got.path.name) == (BODY, "clip", "film.mp4")
    assert got.size_bytes == len(BODY)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert bring(web, tmp_path).path == got.path
    assert file.asked == [""]
    web.pages["/other"] = file
    bring(web, tmp_path, f"{HOME}/other")
    assert file.asked == ["", ""]


@pytest.mark.parametrize(("etag", "modified"), [('"one"', ""), ("", OLD), ('W/"weak"', OLD)])
def test_a_film_that_is_cut_off_goes_on_until_it_is_whole(
    etag: str, modified: str, tmp_path: Path
) -> None:
    cuts = [300_000, 300_000, 300_000]
    with file_server(BODY, etag=etag, modified=modified, cuts=cuts) as (web, file):
        got = bring(web, tmp_path)

    assert got.path.read_bytes() == BODY
    assert file.asked[0] == ""
    assert all(each.startswith("bytes=") for each in file.asked[1:])
    assert len(file.asked) == 4
    # What was on its way when the connection broke may come twice.
    assert file.sent < len(BODY) + 3 * 200_000


@pytest.mark.parametrize(
    "how",
    [
        {"has_ranges": False},
        {"etag": ""},
        {"etag": 'W/"weak"'},
    ],
)
def test_a_server_without_ranges_or_marks_starts_over(
    how: dict[str, object], tmp_path: Path
) -> None:
    with file_server(BODY, cuts=[300_000], **how) as (web, file):
        got = bring(web, tmp_path)

    assert got.path.read_bytes() == BODY
    assert len(file.asked) == 2
    assert file.sent >= len(BODY) + 300_000


@pytest.mark.usefixtures("one_attempt")
@pytest.mark.parametrize("heeds", [True, False])
def test_a_file_that_has_changed_starts_over(heeds: bool, tmp_path: Path) -> None:
    """No two versions are ever mixed, even by a server that knows no If-Range."""
    other = film("two")
    with file_server(BODY, cuts=[300_000], heeds_if_range=heeds) as (web, file):
        with pytest.raises(TransientFailure, match="did not come whole"):
            bring(web, tmp_path)
        file.body, file.etag = other, '"two"'
        got = bring(web, tmp_path)

    assert got.path.read_bytes() == other
    assert file.asked[1].startswith("bytes=")


@pytest.mark.usefixtures("one_attempt")
def test_another_size_under_the_same_mark_is_another_file(tmp_path: Path) -> None:
    with file_server(BODY, cuts=[300_000]) as (web, file):
        with pytest.raises(TransientFailure):
            bring(web, tmp_path)
        file.body = film("two", 1_200_000)
        got = bring(web, tmp_path)

    assert got.path.read_bytes() == file.body


def test_a_file_that_changes_all_the_time_is_given_up(tmp_path: Path) -> None:
    with file_server(BODY, cuts=[300_000] * 9) as (web, file):
        answer = file.__call__

        def changing(request: BaseHTTPRequestHandler) -> None:
            file.etag = f'"{len(file.asked)}"'
            answer(request)

        web.pages["/film"] = changing
        with pytest.raises(BadOutput, match="changes while it is fetched"):
            bring(web, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_server_that_sends_little_at_once_is_asked_until_all_is_there(tmp_path: Path) -> None:
    with file_server(BODY, cuts=[100_000], most_bytes=250_000) as (web, file):
        got = bring(web, tmp_path)

    assert got.path.read_bytes() == BODY
    assert len(file.asked) <= 6


@pytest.mark.usefixtures("one_attempt")
@pytest.mark.parametrize("announced", [1_000_001, 3_000_000])
def test_less_than_was_announced_is_not_taken_for_the_film(announced: int, tmp_path: Path) -> None:
    with file_server(BODY, announced=announced) as (web, file):
        for _ in range(3):
            with pytest.raises(TransientFailure, match="did not come whole"):
                bring(web, tmp_path)

    assert file.sent <= 2 * len(BODY) + 400_000
    assert not list(tmp_path.glob("film.*"))


def test_a_film_that_is_too_large_is_not_brought(tmp_path: Path) -> None:
    small = FetchLimits(max_bytes=500_000, max_s=20)
    with file_server(BODY) as (web, file), pytest.raises(BadOutput, match=r"more than 0\.5 MB"):
        bring(web, tmp_path, limits=small)
    assert len(file.asked) == 1
    with (
        file_server(BODY, announced=400_000, most_bytes=200_000, cuts=[100_000]) as (web, file),
        pytest.raises((BadOutput, TransientFailure)),
    ):
        bring(web, tmp_path, limits=FetchLimits(max_bytes=350_000, max_s=20))
    assert list(tmp_path.iterdir()) == []


def test_a_range_that_goes_on_for_ever_ends_at_the_limit(tmp_path: Path) -> None:
    """What had come before counts, whatever the server says of the size."""
    with file_server(BODY, cuts=[400_000]) as (web, file):
        answer = file.__call__

        def lying(request: BaseHTTPRequestHandler) -> None:
            if not request.headers["Range"]:
                file.announced = 480_000
                answer(request)
                return
            start = int(request.headers["Range"][6:-1])
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {start}-479999/480000")
            request.end_headers()
            request.close_connection = True
            while True:
                request.wfile.write(bytes(100_000))

        web.pages["/film"] = lying
        with pytest.raises(BadOutput, match="more than"):
            bring(web, tmp_path, limits=FetchLimits(max_bytes=500_000, max_s=20))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html>" + b" " * 100, "no clip"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "no clip"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "no clip"),
        (b"", "Nothing lies"),
        (b"\0\0", "no clip"),
    ],
)
def test_what_is_no_film_by_its_first_bytes_is_refused(
    body: bytes, says: str, tmp_path: Path
) -> None:
    with file_server(body) as (web, _), pytest.raises(BadOutput, match=says):
        bring(web, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("one_attempt")
@pytest.mark.parametrize(
    ("status", "error"), [(404, BadOutput), (403, BadOutput), (503, TransientFailure)]
)
def test_a_refusal_is_told_with_the_address_and_the_status(
    status: int, error: type[ProviderError], tmp_path: Path
) -> None:
    with (
        file_server(BODY, statuses=[status]) as (web, _),
        pytest.raises(error, match=f"media.test.example/film.*{status}"),
    ):
        bring(web, tmp_path)


@pytest.mark.usefixtures("one_attempt")
def test_what_has_come_outlives_a_server_that_is_away(tmp_path: Path) -> None:
    with file_server(BODY, cuts=[600_000]) as (web, file):
        with pytest.raises(TransientFailure):
            bring(web, tmp_path)
        file.statuses = [503]
        with pytest.raises(TransientFailure):
            bring(web, tmp_path)
        file.sent = 0
        assert bring(web, tmp_path).path.read_bytes() == BODY
    assert file.sent <= 600_000
    away = public_net(web)
    away.routes.clear()
    with pytest.raises(TransientFailure, match="cannot be reached"):
        fetch_film(f"{HOME}/other", tmp_path, LIMITS, net=away.net())


def test_one_deadline_is_for_all_attempts(tmp_path: Path) -> None:
    began = time.monotonic()
    with (
        file_server(BODY, cuts=[10_000] * 1000) as (web, _),
        pytest.raises(TransientFailure, match=r"within 2 s; there are 0\.\d MB of 1\.0"),
    ):
        bring(web, tmp_path, limits=FetchLimits(4_000_000, 2))
    assert time.monotonic() - began < 4
    assert (tmp_path / "part").stat().st_size > 0


def test_a_redirect_inside_is_refused_for_the_rest_of_a_film_too(tmp_path: Path) -> None:
    with file_server(BODY, cuts=[300_000]) as (web, file):
        answer = file.__call__

        def moved(request: BaseHTTPRequestHandler) -> None:
            answer(request)
            web.pages["/film"] = redirecting("http://169.254.169.254/latest/meta-data/")

        web.pages["/film"] = moved
        with pytest.raises(InvalidInput, match="not public"):
            bring(web, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_is_told_in_words(tmp_path: Path) -> None:
    """A limit of the kernel stands for the disk's end; with more room the film goes on."""
    with file_server(BODY) as (web, file):
        host = f"127.0.0.1:{web.port}"
        limited = subprocess.run(
            ["sh", "-c", 'ulimit -f 600; exec "$@"', "sh", *FETCHING, host, str(tmp_path)],
            capture_output=True,
            text=True,
        )
        assert "A download cannot be kept: File too large." in limited.stderr
        had = (tmp_path / "part").stat().st_size
        assert 0 < had < len(BODY)
        subprocess.run([*FETCHING, host, str(tmp_path)], check=True)

    assert (tmp_path / "film.mp4").read_bytes() == BODY
    assert file.asked == ["", f"bytes={had}-"]


def test_a_download_that_was_killed_goes_on_in_the_next_process(tmp_path: Path) -> None:
    """The first is killed by the kernel when half of the film is there."""
    with file_server(BODY) as (web, file):
        answer, half = file.__call__, threading.Event()

        def slowly(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.send_header("ETag", file.etag)
            request.send_header("Content-Length", str(len(BODY)))
            request.end_headers()
            request.wfile.write(BODY[:500_000])
            half.wait(20)

        web.pages["/film"] = slowly
        child = subprocess.Popen([*FETCHING, f"127.0.0.1:{web.port}", str(tmp_path)])
        part = tmp_path / "part"
        deadline = time.monotonic() + 20
        while not part.exists() or part.stat().st_size < 300_000:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        child.kill()
        child.wait()
        half.set()
        had = part.stat().st_size
        web.pages["/film"] = answer
        net = Net(frozenset({Host("127.0.0.1", web.port)}))
        got = fetch_film(f"http://127.0.0.1:{web.port}/film", tmp_path, LIMITS, net=net)

    assert got.path.read_bytes() == BODY
    assert file.asked == [f"bytes={had}-"]
    assert file.sent == len(BODY) - had


def test_the_settings_bound_a_film() -> None:
    assert film_limits(FetchSettings(fetch_film_mb=3, fetch_film_s=5)) == (3_000_000, 5.0)
