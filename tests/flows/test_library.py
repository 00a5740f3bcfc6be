"""Media of folders and of stock libraries in a job: none twice, never another user's."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from blocks.local_store import LocalStore
from blocks.registry import load_store
from deployments.fake_cloud.running import Cloud
from deployments.fake_cloud.state import Fault
from deployments.fake_cloud.stock import NOTHING
from deployments.fake_cloud.stock_media import clip, photo
from flows.job import Job
from flows.library import choose_files, media_in
from flows.visuals import PendingVisuals, finish_visuals, start_visuals
from reels.artifacts import ArtifactStore, content_key
from reels.errors import AuthenticationFailed
from reels.models import Scene, Storyboard, VideoRequest, Visual, VisualRef
from reels.settings import FlowSettings
from reels.visuals.library import suffix_of_media


def png(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 32), (shade, 9, 9)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store", public_url="http://127.0.0.1", secret=b"s")


def job_of(store: ArtifactStore, **request: Any) -> Job:
    asked = VideoRequest(**{"idea": "Tea", "aspect": "1:1", **request})
    return Job(id="job-1", user="ada", request=asked, store=store)


def board(*visuals: tuple[str, dict[str, Any]]) -> Storyboard:
    scenes = tuple(
        Scene(narration=f"Tea is leaf {n}.", visual=Visual(kind=kind, spec=spec))
        for n, (kind, spec) in enumerate(visuals)
    )
    return Storyboard(title="Tea", scenes=scenes)


def names(store: ArtifactStore, folder: str, user: str = "ada") -> list[str]:
    return [ref.key for ref in media_in(store, user, folder)]


def test_a_folder_is_the_users_own_or_else_everyones(store: LocalStore) -> None:
    store.put("assets/ada/trips/b.png", png(2))
    store.put("assets/ada/trips/a.png", png(1))
    store.put("assets/ada/trips/notes.json", b"{}")
    store.put("assets/ada/trips/deep/c.png", png(3))
    store.put("assets/eve/secret/x.png", png(4))
    store.put("shared/sea/s.png", png(5))
    store.put("shared/trips/t.png", png(6))
    assert names(store, "trips") == ["assets/ada/trips/a.png", "assets/ada/trips/b.png"]
    assert names(store, "sea") == ["shared/sea/s.png"]
    assert names(store, "trips", user="bob") == ["shared/trips/t.png"]
    assert names(store, "secret") == names(store, "trip") == names(store, "") == []


@pytest.mark.parametrize("folder", ["../eve/secret", "trips/../../eve/secret", "/", ".", "a\\b"])
def test_no_folder_leads_to_another_user(store: LocalStore, folder: str) -> None:
    store.put("assets/eve/secret/x.png", png(4))
    assert names(store, folder) == []


def test_scenes_get_a_folders_media_in_turn_and_none_twice(store: LocalStore) -> None:
    for number, name in enumerate(["a", "b", "c"]):
        store.put(f"assets/ada/trips/{name}.png", png(number))
    store.put("assets/ada/trips/copy-of-a.png", png(0))
    any_of: tuple[str, dict[str, Any]] = ("library", {})
    drawn = board(any_of, ("library", {"name": "a.png"}), ("slide", {}), any_of, any_of)
    job = job_of(store, background_folder="trips")
    chosen = choose_files(job, drawn, "k", FlowSettings())
    shown = {number: ref.key.rpartition("/")[2] for number, ref in chosen.files.items()}
    assert shown == {1: "b.png", 2: "a.png", 4: "c.png"}
    assert "all are shown already" in chosen.failed[5]
    store.put("assets/ada/trips/aa.png", png(7))
    assert choose_files(job, drawn, "k", FlowSettings()) == chosen, "the job has settled"


def test_an_empty_folder_a_missing_file_and_no_folder_say_so(store: LocalStore) -> None:
    drawn = board(("library", {"folder": "none"}), ("library", {"name": "x.png"}), ("library", {}))
    failed = choose_files(job_of(store), drawn, "k", FlowSettings()).failed
    assert "'none' holds no pictures or clips" in failed[1]
    assert "no 'x.png'" in failed[2]
    assert "No folder is named" in failed[3]


def test_a_file_is_what_its_bytes_say(tmp_path: Path) -> None:
    for data, suffix in (
        (png(1), ".png"),
        (photo(1, (64, 64)), ".jpg"),
        (clip(1, (64, 64)), ".mp4"),
    ):
        file = tmp_path / "liar.txt"
        file.write_bytes(data)
        assert suffix_of_media(file, tmp_path) == suffix


# What follows runs tasks, on a server.


def run(work: Callable[[], Any]) -> Any:
    found = []

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=4))
    def testing() -> None:
        found.append(work())

    testing()
    return found[0]


def shown(drawn: Storyboard, **request: Any) -> tuple[list[VisualRef], PendingVisuals]:
    job = job_of(load_store(), **request)

    def work() -> tuple[list[VisualRef], PendingVisuals]:
        pending = start_visuals(job, drawn, FlowSettings())
        return finish_visuals(job, drawn, pending), pending

    found: tuple[list[VisualRef], PendingVisuals] = run(work)
    return found


@pytest.fixture
def flows_here(
    prefect_environment: dict[str, str], data_dir: Path, cloud: Cloud
) -> SimpleNamespace:
    return SimpleNamespace(cloud=cloud, data_dir=data_dir, **prefect_environment)


def test_no_footage_is_shown_twice_and_each_has_its_author(flows_here: SimpleNamespace) -> None:
    lake: dict[str, Any] = {"query": "lake", "provider": "pexels"}
    sea: dict[str, Any] = {"query": "sea", "provider": "pexels"}
    pictures = [("stock_picture", spec) for spec in (lake, sea, lake, sea)]
    refs, _ = shown(board(*pictures, ("stock_clip", lake)), aspect="9:16")
    assert [ref.degraded for ref in refs] == [None] * 5
    pages = [ref.credit.page_url for ref in refs if ref.credit]
    assert len(set(pages)) == 5, "the first result of both words is the same picture"
    assert [ref.picture.media_type for ref in refs] == ["image/jpeg"] * 4 + ["video/mp4"]
    state = flows_here.cloud.state
    assert len(state.counted("pexels")) == 3, "scenes with the same words share a search"
    shown(board(*pictures), aspect="9:16")
    assert len(state.counted("pexels")) == 3, "a search counts for 24 hours"
    store = load_store()
    frames = [ref.key.rpartition("/")[2] for ref in store.list("videos/ada/job-1/frames")]
    assert frames == ["01.jpg", "02.jpg", "03.jpg", "04.jpg"]


def test_what_a_library_has_not_comes_from_the_next_or_is_a_placeholder(
    flows_here: SimpleNamespace,
) -> None:
    fault = Fault(status=200, body={"photos": []})
    flows_here.cloud.state.plan("pexels", [fault])
    nothing: dict[str, Any] = {"query": NOTHING}
    refs, pending = shown(board(("stock_picture", {"query": "hill"})))
    assert refs[0].credit is not None
    assert refs[0].credit.provider == "pixabay"
    assert [(each.failed, each.instead) for each in pending.fallbacks] == [("pexels", "pixabay")]
    refs, _ = shown(board(("stock_picture", nothing)))
    assert refs[0].provider == "placeholder"
    assert "Pixabay has no picture" in str(refs[0].degraded)


def test_a_wrong_key_fails_the_job_at_once(flows_here: SimpleNamespace) -> None:
    flows_here.cloud.state.keys["pexels"] = "another"
    with pytest.raises(AuthenticationFailed, match="VIDEO_SERVICE_PEXELS_API_KEY"):
        shown(board(("stock_picture", {"query": "river"})))


def test_a_folder_is_shown_and_what_it_lacks_is_a_slide(flows_here: SimpleNamespace) -> None:
    store = load_store()
    store.put("assets/ada/trips/a.jpg", photo(3, (64, 64)))
    store.put("assets/ada/trips/b.png", clip(3, (64, 64)))
    store.put("assets/ada/trips/c.mp4", b"no clip at all")
    library: tuple[str, dict[str, Any]] = ("library", {})
    refs, _ = shown(board(library, library, library, library), background_folder="trips")
    assert [ref.picture.media_type for ref in refs[:2]] == ["image/jpeg", "video/mp4"]
    assert [ref.provider for ref in refs] == ["library", "library", "slide", "slide"]
    assert "c.mp4" in str(refs[2].degraded)
    assert "holds only 3" in str(refs[3].degraded)


def test_a_file_that_is_deleted_once_it_was_chosen_is_a_slide(flows_here: SimpleNamespace) -> None:
    store = load_store()
    ref = store.put("assets/ada/gone/a.jpg", photo(9, (64, 64)))
    drawn = board(("library", {}))
    key = content_key("storyboard", "1", storyboard=drawn)
    job = job_of(store, background_folder="gone")
    assert choose_files(job, drawn, key, FlowSettings()).files == {1: ref}
    store.delete(ref.key)
    refs, _ = shown(drawn, background_folder="gone")
    assert refs[0].provider == "slide"
    assert "'a.jpg' was deleted" in str(refs[0].degraded)
