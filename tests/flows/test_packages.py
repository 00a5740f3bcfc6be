"""Films from a server that the setting trusts become packages, whatever happens on the way."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from deployments import procfs
from reels import ffmpeg
from reels.film import Package, PackageManifest
from reels.hls import check
from tests.flows.conftest import Videos, a_stack
from tests.flows.test_crashes import processes_of
from tests.reels.hls.films import TONE, X264, film, with_keys
from tests.reels.net_kit import Web, answering, serving
from tests.reels.range_kit import FileServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

#: Long enough to be started with one variant alone.
LONG_S = 64


@dataclass
class Films:
    """A stack, and the server that its films come from."""

    videos: Videos
    web: Web
    data_dir: Path
    files: dict[str, FileServer] = field(default_factory=dict)

    def give(self, name: str, title: str = "A film") -> str:
        """Have the file `name` of the server packaged; returns the job's id."""
        body = {"title": title, "url": f"http://127.0.0.1:{self.web.port}/{name}"}
        answer = self.videos.api.post("/api/videos", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def plays(self, job: str) -> int:
        """Asks for the film as a player does: how many segments of the first size come."""
        state = self.videos.api.get(f"/api/videos/{job}").raise_for_status().json()
        address = httpx.URL(state["playlist_url"])
        master = self.videos.api.get(address).raise_for_status().text
        track = address.join(next(each for each in master.split("\n") if each[:1] not in ("", "#")))
        lines = self.videos.api.get(track).raise_for_status().text.split("\n")
        segments = [track.join(each) for each in lines if each and not each.startswith("#")]
        return sum(self.videos.api.get(each).is_success for each in segments)

    def serve(self, name: str, path: Path) -> FileServer:
        file = self.files[name] = FileServer(path.read_bytes())
        self.web.pages[f"/{name}"] = file
        return file

    def home(self, job: str) -> Path:
        return self.data_dir / "store" / "videos" / self.videos.user / job

    def package(self, job: str) -> Package | None:
        try:
            return Package.model_validate_json((self.home(job) / "hls/package.json").read_bytes())
        except FileNotFoundError:
            return None

    def manifest(self, job: str) -> PackageManifest:
        return PackageManifest.model_validate_json((self.home(job) / "manifest.json").read_bytes())

    def desk(self, job: str) -> Path:
        return self.data_dir / "work" / "desks" / job

    def segments(self, folder: Path) -> dict[str, int]:
        """The segments that lie in a folder, and when they were written."""
        found = folder.glob("*/*.m4s")
        return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in found}

    def encoders(self) -> list[int]:
        return processes_of(self.data_dir, "libx264")

    def kill(self, child: int) -> None:
        """Kill the flow whose child that is, and wait until the child has gone, too."""
        os.kill(procfs.parent(child), signal.SIGKILL)
        self.videos.wait(lambda: procfs.parent(child) == 0, "the child to be gone", 10)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Films]:
    data_dir = tmp_path_factory.mktemp("films") / "data"
    with serving() as web:
        settings = {
            "VIDEO_SERVICE_FETCH_ALLOWED_HOSTS": f"127.0.0.1:{web.port}",
            "VIDEO_SERVICE_FILM_MAX_S": "100",
            "VIDEO_SERVICE_PROVIDER_ATTEMPTS": "1",
        }
        with a_stack(data_dir, **settings) as videos:
            yield Films(videos, web, data_dir)


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No player takes its pictures: they have to be encoded. Eight a second are soon done."""
    return encoded(tmp_path_factory.mktemp("long") / "long.mp4", rate="8")


def encoded(to: Path, rate: str) -> Path:
    coarse = (*X264[:3], "ultrafast", "-crf", "32", "-pix_fmt", "yuv420p", "-g", "500")
    return film(to, "360x640", rate, LONG_S, video=coarse)


def test_a_film_becomes_a_package_that_keeps_every_rule(films: Films, tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", "360x640", seconds=8, video=with_keys(60))
    server = films.serve("whole", path)
    job = films.give("whole", "Фильм 😀")
    done = films.videos.until(job, "ready")

    assert (done["title"], done["progress"]) == ("Фильм 😀", 100)
    assert [stage["name"] for stage in done["stages"]] == ["assets", "rendering"]
    assert {"poster", "manifest"} <= set(done["artifacts"])
    assert server.asked == [""]
    package, manifest = films.package(job), films.manifest(job)
    assert package is not None
    assert (package.state, package.duration_s, package.fps) == ("ready", 8.0, 30.0)
    assert (package.title, package.has_sound) == ("Фильм 😀", True)
    assert [(each.name, each.way, each.state) for each in package.variants] == [
        ("v234", "encode", "ready"),
        ("v360", "copy", "ready"),
    ]
    assert all(each.bandwidth_bps and each.codecs for each in package.variants)
    assert manifest.variants == package.variants
    assert manifest.segments_encoded == manifest.segments_total == 2 * 4
    home = films.home(job) / "hls"
    check(home, Fraction(8))
    for name in ("master.m3u8", "poster.jpg", "thumbnails.jpg", "thumbnails.vtt"):
        assert (home / name).stat().st_size > 100
    assert not films.desk(job).exists()
    assert films.plays(job) == 2
    again = {"title": "Again", "url": f"HTTP://127.0.0.1:{films.web.port}/x/../whole#t=1"}
    refused = films.videos.api.post("/api/videos", json=again)
    assert (refused.status_code, job in refused.text) == (409, True)


def test_a_film_that_is_killed_twice_is_fetched_and_encoded_once(
    films: Films, long_film: Path
) -> None:
    """Killed in the download, and in the middle of the variants that join the first one."""
    server = films.serve("long", long_film)
    half, over = len(server.body) // 2, threading.Event()

    def broken_off(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("ETag", server.etag)
        request.send_header("Content-Length", str(len(server.body)))
        request.end_headers()
        request.wfile.write(server.body[:half])
        over.wait(60)

    films.web.pages["/long"] = broken_off
    job = films.give("long")
    part = films.desk(job) / "film" / "part"
    films.videos.wait(lambda: part.exists() and part.stat().st_size == half, "half of the film")
    films.web.pages["/long"] = server
    os.kill(_holder(part), signal.SIGKILL)
    over.set()

    def in_the_middle() -> int | None:
        package, at_work = films.package(job), films.encoders()
        joined = list((films.home(job) / "hls" / "v234").glob("*.m4s"))
        is_early = package is not None and package.master and len(joined) >= 2
        return at_work[0] if at_work and is_early else None

    child = films.videos.wait(in_the_middle, "variants to join")
    # What is stopped writes nothing while it is looked at.
    for process in (procfs.parent(child), child):
        os.kill(process, signal.SIGSTOP)
    assert server.asked == [f"bytes={half}-"]
    early = films.package(job)
    assert early is not None
    assert {each.name: each.state for each in early.variants} == {
        "v234": "pending",
        "v360": "ready",
    }
    assert "v360/" in (films.home(job) / "hls/master.m3u8").read_text()
    assert not (films.home(job) / "manifest.json").exists()
    assert films.plays(job) == 11
    stored, had = films.segments(films.home(job) / "hls"), films.segments(films.desk(job) / "hls")
    assert set(stored) <= set(had)

    films.kill(child)
    films.videos.until(job, "ready")
    manifest = films.manifest(job)
    assert manifest.segments_total == 11 * 4
    assert manifest.segments_encoded == manifest.segments_total - len(had)
    after = films.segments(films.home(job) / "hls")
    assert {name: after[name] for name in stored} == stored
    check(films.home(job) / "hls", Fraction(LONG_S))
    assert len(server.asked) == 1


def _holder(file: Path) -> int:
    """The process that has the file open."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        # Processes and their files come and go meanwhile.
        with suppress(OSError):
            for name in os.listdir(f"/proc/{pid}/fd"):
                with suppress(OSError):
                    if os.readlink(f"/proc/{pid}/fd/{name}") == str(file):
                        return int(pid)
    raise AssertionError(f"nobody has {file} open")


def test_a_cancelled_film_stops_at_once(films: Films, tmp_path: Path) -> None:
    films.serve("cancelled", encoded(tmp_path / "cancelled.mp4", rate="30"))
    job = films.give("cancelled")
    films.videos.wait(films.encoders, "a variant to be under way")
    assert films.videos.api.post(f"/videos/{job}:cancel").status_code in {200, 202}
    films.videos.until(job, "cancelled")
    films.videos.wait(lambda: not films.encoders(), "no encoder to be at work", 10)
    assert not (films.home(job) / "manifest.json").exists()


def test_what_cannot_be_packaged_says_why(films: Films, tmp_path: Path) -> None:
    ffmpeg.run([*TONE, "-t", "2", "sound.mp4"], tmp_path, 30)
    films.web.pages["/page"] = answering(b"<html>" + b" " * 100)
    films.serve("sound", tmp_path / "sound.mp4")
    films.serve("ages", film(tmp_path / "ages.mp4", "64x64", "5", 101, tone=()))
    expected = {
        "nothing": "404",
        "page": "no clip of a kind that is taken",
        "sound": "picture",
        "ages": "more than 100 s",
    }
    jobs = {name: films.give(name) for name in expected}
    for name, says in expected.items():
        error = films.videos.until(jobs[name], "failed")["error"]
        assert says in error["message"], name
        assert "Traceback" not in json.dumps(error)
        assert not (films.home(jobs[name]) / "manifest.json").exists()


def test_a_video_of_ours_is_packaged_with_its_own_pictures_on_top(
    films: Films, tmp_path: Path
) -> None:
    job = films.videos.post(
        text="An octopus has three hearts.", auto_approve=True, hls=True, music="none"
    )
    films.videos.until(job, "ready")
    package, manifest = films.package(job), films.videos.manifest(job)

    assert package is not None
    assert (package.state, package.url, package.captions) == ("ready", "", ("en",))
    assert [each.way for each in package.variants][-1] == "copy"
    assert {each.way for each in package.variants[:-1]} == {"encode"}
    assert package.variants[-1].size_px == (1080, 1080)
    home = films.home(job) / "hls"
    check(home, Fraction(manifest["render"]["frames"], 30), most_peak_share=4)
    assert 'URI="text-en/index.m3u8"' in (home / "master.m3u8").read_text()
    assert {"hls/master.m3u8", "hls/package.json", "final.mp4"} <= set(manifest["artifacts"])
    assert not [name for name in manifest["artifacts"] if name.endswith((".m4s", "index.m3u8"))]
