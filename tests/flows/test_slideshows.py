"""Slideshows on the stack: pictures and a sound from a server that the setting trusts."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reels.loudness import measure
from reels.probe import probe
from tests.flows.conftest import Videos, a_stack
from tests.reels.net_kit import Web, answering, redirecting, serving
from tests.reels.render_kit import RATE, write_wav
from tests.reels.words.whisper_kit import checkpoint
from tests.reels.words.whisper_kit import sound as noise

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SHAPES = ((1600, 1200), (1200, 1600), (1080, 1920), (2000, 900), (700, 700))
FORMS = ("JPEG", "PNG", "WEBP")
SOUND_S, TALK_S = 13.37, 6.0
SAYS = "Two hearts stop. It would rather crawl."


def picture(number: int) -> bytes:
    """A photo's structure in one of the shapes and formats."""
    coarse = np.random.default_rng(number).integers(30, 225, (9, 9, 3), dtype=np.uint8)
    large = Image.fromarray(coarse).resize(SHAPES[number % 5], Image.Resampling.BICUBIC)
    made = BytesIO()
    large.save(made, FORMS[number % 3])
    return made.getvalue()


def music(to: Path, seconds: float, bpm: float) -> bytes:
    """A click on every beat over a soft chord."""
    at = np.arange(round(seconds * RATE)) / RATE
    click = np.exp(-(at % (60 / bpm)) * 60) * np.sin(2 * np.pi * 90 * at)
    return write_wav(to, 0.5 * click + 0.05 * np.sin(2 * np.pi * 330 * at)).read_bytes()


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    folder = tmp_path_factory.mktemp("web")
    pages = {f"/{number}": answering(picture(number)) for number in range(20)}
    pages["/sound"] = answering(music(folder / "sound.wav", SOUND_S, 120))
    pages["/short"] = answering(music(folder / "short.wav", 4.0, 120))
    pages["/talk"] = answering(noise(folder / "talk.wav", TALK_S).read_bytes())
    pages["/inside"] = redirecting("http://169.254.169.254/latest/meta-data/")
    pages["/page"] = answering(b"<html>" + b" " * 100)
    with serving(pages) as running:
        yield running


@pytest.fixture(scope="module")
def showing(web: Web, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Videos]:
    """A stack that may fetch from this one server on loopback, and hears one text everywhere."""
    home = tmp_path_factory.mktemp("showing")
    settings = {"VIDEO_SERVICE_FETCH_ALLOWED_HOSTS": f"127.0.0.1:{web.port}"}
    if find_spec("whisper"):
        model = checkpoint(home / "known.pt", says=SAYS)
        settings["VIDEO_SERVICE_WHISPER_LOCAL_MODEL"] = str(model)
    with a_stack(home / "stack", **settings) as running:
        yield running


def post(showing: Videos, web: Web, pictures: list[str], sound: str, **more: Any) -> str:
    home = f"http://127.0.0.1:{web.port}"
    body = {
        "user_id": showing.user,
        "image_urls": [each if "://" in each else f"{home}{each}" for each in pictures],
        "audio_url": f"{home}{sound}",
        **more,
    }
    answer = showing.api.post("/create-video", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["video_id"])


def final(showing: Videos, job: str, to: Path) -> Path:
    to.write_bytes(showing.api.get(showing.read(job)["artifacts"]["final"]).content)
    return to


def failure(showing: Videos, job: str) -> str:
    return str(showing.until(job, "failed")["error"]["message"])


def test_twenty_pictures_of_mixed_shapes_last_as_long_as_the_sound(
    showing: Videos, web: Web, tmp_path: Path
) -> None:
    web.asked.clear()
    job = post(showing, web, [f"/{number}" for number in range(20)], "/sound", aspect="1:1")
    done = showing.until(job, "ready")
    video = final(showing, job, tmp_path / "final.mp4")
    found, loudness, manifest = probe(video), measure(video), showing.manifest(job)

    assert found.video is not None
    assert found.video.duration_s == pytest.approx(SOUND_S, abs=0.05)
    assert found.audio is not None
    assert found.audio.duration_s == pytest.approx(SOUND_S, abs=0.05)
    assert loudness.integrated_lufs == pytest.approx(-14, abs=0.5)
    assert loudness.true_peak_dbtp < -1
    assert len(done["artifacts"]["frames"]) == 20
    assert {"final", "poster", "manifest", "music"} <= set(done["artifacts"])
    assert sum(each["duration_s"] for each in manifest["pictures"]) == pytest.approx(
        manifest["render"]["duration_s"]
    )
    assert {each["fit"] for each in manifest["pictures"]} == {"cover", "blur"}
    assert manifest["sound"]["fitted"] == "whole"
    assert manifest["degraded"] == []
    assert sorted(path for _, path in web.asked) == sorted(
        ["/sound", *(f"/{number}" for number in range(20))]
    )


def test_a_looped_sound_changes_pictures_on_its_beats_with_their_texts(
    showing: Videos, web: Web, tmp_path: Path
) -> None:
    job = post(
        showing,
        web,
        ["/0", "/1", "/2", "/3"],
        "/short",
        aspect="1:1",
        length=9,
        beats=True,
        texts=["First of all", "", "Then"],
        order="shuffled",
    )
    showing.until(job, "ready")
    manifest = showing.manifest(job)
    found = probe(final(showing, job, tmp_path / "final.mp4"))

    assert found.duration_s == pytest.approx(9, abs=0.05)
    assert manifest["sound"]["fitted"] == "looped"
    assert manifest["degraded"] == []
    assert sorted(each["text"] for each in manifest["pictures"]) == ["", "", "First of all", "Then"]
    # 120 beats a minute, and the sound comes again after 3.75 s.
    for each in manifest["pictures"][1:]:
        since_s = (each["start_s"] % 3.75) % 0.5
        assert min(since_s, 0.5 - since_s) < 0.05, each


def test_an_address_that_leads_inside_fails_the_job_by_its_name(showing: Videos, web: Web) -> None:
    job = post(showing, web, ["/0", "/inside"], "/sound")
    message = failure(showing, job)

    assert "http://169.254.169.254/latest/meta-data/" in message
    assert "not public" in message


def test_every_address_that_cannot_be_used_is_named(showing: Videos, web: Web) -> None:
    job = post(showing, web, ["/0", "/page", "/none"], "/1")
    message = failure(showing, job)

    for path in ("/page", "/none", "/1"):
        assert f"http://127.0.0.1:{web.port}{path}'" in message
    assert "3 of 4 files" in message


def test_a_retry_fetches_only_what_is_missing(showing: Videos, web: Web) -> None:
    web.pages["/later"] = answering(b"", 404)
    job = post(showing, web, ["/0", "/later"], "/short", aspect="1:1", overlay="none")
    failure(showing, job)
    web.pages["/later"] = answering(picture(7))
    web.asked.clear()
    assert showing.api.post(f"/videos/{job}:retry").status_code == 202
    showing.until(job, "ready")

    assert [path for _, path in web.asked] == ["/later"]


def test_a_sound_too_short_for_so_many_pictures_is_told(showing: Videos, web: Web) -> None:
    job = post(showing, web, [f"/{number}" for number in range(12)], "/short")

    assert "too short for 12 pictures" in failure(showing, job)


def test_captions_are_what_whisper_hears_in_the_sound(showing: Videos, web: Web) -> None:
    pytest.importorskip("whisper", reason="needs the extra whisper")
    job = post(showing, web, ["/0", "/1"], "/talk", aspect="1:1", captions="karaoke", fit="cover")
    done = showing.until(job, "ready")
    subtitles = showing.api.get(done["artifacts"]["subtitles"]["json"]).json()

    assert " ".join(cue["text"] for cue in subtitles["cues"]) == SAYS
    assert subtitles["duration_s"] == pytest.approx(TALK_S, abs=0.05)
    assert showing.manifest(job)["language"] == "en"
    assert {"gpu", "render"} == {run["work_pool_name"] for run in showing.children(job)}
