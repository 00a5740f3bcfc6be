"""From a film on the desk to a package in the store, without a server: what goes wrong there."""

from __future__ import annotations

import hashlib
import threading
from fractions import Fraction
from pathlib import Path

import pytest

from blocks.local_store import LocalStore
from flows.package_job import PackageJob
from flows.packaging import Film, Packaged, packaged
from reels.errors import InvalidInput, ReelsError, RenderError
from reels.film import FilmFacts
from reels.hls import check
from reels.progress import Tally
from tests.reels.hls.films import film, uneven

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds in two sizes."""
    return film(tmp_path_factory.mktemp("small") / "small.mp4", "288x512", "10", 10)


@pytest.fixture(autouse=True)
def one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_PROVIDER_ATTEMPTS", "1")


def job_in(home: Path, job: str = "one") -> PackageJob:
    store = LocalStore(home / "store", public_url="http://videos.test", secret=b"secret")
    return PackageJob(id=job, user="ann", store=store, title="A film", url="http://a.example/")


def run(job: PackageJob, path: Path, desk: Path) -> Packaged:
    desk.mkdir(exist_ok=True)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    facts = FilmFacts(address=job.url, sha256=sha256, size_bytes=path.stat().st_size)
    tally = Tally()
    made = packaged(job, Film(path, facts), desk, tally)
    assert tally.share == 1
    return made


def hls(home: Path, job: str = "one") -> Path:
    return home / "store/videos/ann" / job / "hls"


def test_a_store_that_fails_stops_the_encoding_and_what_was_done_is_kept(
    small: Path, tmp_path: Path
) -> None:
    """A file where a folder belongs stands for every store that cannot take more."""
    in_the_way = hls(tmp_path) / "v288"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_text("in the way")
    job = job_in(tmp_path)
    with pytest.raises(ReelsError, match="hls/v288"):
        run(job, small, tmp_path / "desk")
    assert not (hls(tmp_path) / "master.m3u8").exists()

    in_the_way.unlink()
    had = len(list((tmp_path / "desk/hls").glob("*/*.m4s")))
    made = run(job, small, tmp_path / "desk")
    assert had > 0
    assert made.encoded == 2 * 4 - had
    check(hls(tmp_path), Fraction(10))


def test_a_desk_without_room_is_told_in_words(small: Path, tmp_path: Path) -> None:
    (tmp_path / "desk/hls").mkdir(parents=True)
    (tmp_path / "desk/hls/v288").write_text("in the way")
    with pytest.raises(RenderError, match="cannot be written: File exists"):
        run(job_in(tmp_path), small, tmp_path / "desk")


def test_a_finished_package_is_not_made_again(small: Path, tmp_path: Path) -> None:
    run(job_in(tmp_path), small, tmp_path / "desk")
    before = {path: path.stat().st_mtime_ns for path in hls(tmp_path).glob("*/*.m4s")}
    again = run(job_in(tmp_path), small, tmp_path / "another desk")
    assert (again.encoded, again.state.state) == (0, "ready")
    assert {path: path.stat().st_mtime_ns for path in hls(tmp_path).glob("*/*.m4s")} == before


def test_on_another_machine_a_film_goes_on_with_what_the_store_has(
    small: Path, tmp_path: Path
) -> None:
    """There the desk is empty; the last segments of two tracks had not reached the store."""
    run(job_in(tmp_path), small, tmp_path / "desk")
    home = hls(tmp_path)
    for name in ("v288/s00001.m4s", "v234/s00000.m4s", "v234/s00001.m4s"):
        (home / name).unlink()
    for name in ("master.m3u8", "poster.jpg", "v288/index.m3u8"):
        (home / name).unlink()
    left = {path: path.stat().st_mtime_ns for path in home.glob("*/*.m4s")}

    made = run(job_in(tmp_path), small, tmp_path / "another desk")
    assert made.encoded == 3
    assert {path: path.stat().st_mtime_ns for path in left} == left
    check(home, Fraction(10))
    assert (home / "poster.jpg").stat().st_size > 100


def test_another_film_at_the_same_address_leaves_nothing_of_the_first(
    small: Path, tmp_path: Path
) -> None:
    run(job_in(tmp_path), small, tmp_path / "desk")
    other = film(tmp_path / "other.mp4", "240x426", "10", 3, tone=())
    made = run(job_in(tmp_path), other, tmp_path / "desk")

    assert made.encoded == len(made.ladder.variants)
    assert {path.parent.name for path in hls(tmp_path).glob("*/*")} == {
        variant.name for variant in made.ladder.variants
    }
    assert (made.state.duration_s, made.state.has_sound) == (3.0, False)
    check(hls(tmp_path), Fraction(3))


def test_two_films_at_once_do_not_meet(small: Path, tmp_path: Path) -> None:
    other = uneven(tmp_path / "uneven.mp4")
    failures: list[BaseException] = []

    def one(name: str, path: Path) -> None:
        try:
            run(job_in(tmp_path, name), path, tmp_path / f"desk {name}")
        except BaseException as error:
            failures.append(error)

    both = [threading.Thread(target=one, args=pair) for pair in (("a", small), ("b", other))]
    for each in both:
        each.start()
    for each in both:
        each.join(120)
    assert failures == []
    check(hls(tmp_path, "a"), Fraction(10))
    check(hls(tmp_path, "b"), Fraction(7))


def test_a_film_that_is_too_long_is_not_kept(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_FILM_MAX_S", "9.9")
    mine = tmp_path / "film.mp4"
    mine.write_bytes(small.read_bytes())
    with pytest.raises(InvalidInput, match=r"more than 9\.9 s"):
        run(job_in(tmp_path), mine, tmp_path / "desk")
    assert not mine.exists()
    assert not hls(tmp_path).exists()
