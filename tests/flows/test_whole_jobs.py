"""Whole jobs on the whole stack: a real server, real workers, real speech and ffmpeg."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import httpx
import pytest

from reels.finished import Promise, check
from tests.flows.conftest import SHORT, Videos

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finished(videos: Videos) -> str:
    """A job that a person approved twice, unchanged."""
    job = videos.post()
    videos.until(job, "draft_review")
    assert videos.decide(job, "draft").status_code == 200
    videos.until(job, "subtitles_review")
    assert videos.decide(job, "subtitles").status_code == 200
    videos.until(job, "ready")
    return job


def test_a_text_becomes_an_approved_finished_video(
    videos: Videos, finished: str, tmp_path: Path
) -> None:
    job = videos.read(finished)
    manifest = videos.manifest(finished)
    video = tmp_path / "final.mp4"
    video.write_bytes(videos.api.get(job["artifacts"]["final"]).raise_for_status().content)
    frames = manifest["render"]["frames"]
    check(video, Promise(frames=frames, size_px=(1080, 1080), fps=30))
    assert -15 <= manifest["render"]["loudness"]["integrated_lufs"] <= -13
    assert manifest["render"]["loudness"]["true_peak_dbtp"] <= -1
    assert manifest["degraded"] == []
    assert set(job["artifacts"]) >= {
        "storyboard",
        "frames",
        "voiceover",
        "music",
        "subtitles",
        "preview",
        "final",
        "poster",
        "manifest",
    }


def test_every_spoken_word_is_in_the_subtitles(videos: Videos, finished: str) -> None:
    link = videos.read(finished)["artifacts"]["subtitles"]["json"]
    cues = videos.api.get(link).json()["cues"]
    assert " ".join(cue["text"] for cue in cues).split() == SHORT["text"].split()


def test_the_stages_are_the_names_of_the_runs_states(videos: Videos, finished: str) -> None:
    names = [stage["name"] for stage in videos.read(finished)["stages"]]
    assert names == [
        "drafting",
        "draft_review",
        "assets",
        "audio",
        "subtitles",
        "subtitles_review",
        "rendering",
    ]


def test_links_serve_ranges(videos: Videos, finished: str) -> None:
    link = videos.read(finished)["artifacts"]["final"]
    part = videos.api.get(link, headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")


def test_an_unchanged_approval_leaves_nothing_to_encode(videos: Videos, finished: str) -> None:
    preview = videos.manifest(finished)["artifacts"]["preview.mp4"]["sha256"]
    final = videos.manifest(finished)["artifacts"]["final.mp4"]["sha256"]
    assert preview == final
    assert len(videos.children(finished)) == 1


def test_the_same_job_again_encodes_nothing(videos: Videos, finished: str) -> None:
    again = videos.post(auto_approve=True)
    videos.until(again, "ready")
    render = videos.manifest(again)["render"]
    assert render["segments_encoded"] == 0
    assert render["segments_total"] == videos.manifest(finished)["render"]["segments_total"]


def test_prefects_ui_gets_the_storyboard_the_frames_the_poster_and_the_progress(
    videos: Videos, finished: str
) -> None:
    found = videos.prefect.post(
        "/artifacts/filter", json={"artifacts": {"flow_run_id": {"any_": [finished]}}}
    ).json()
    kinds = {
        (each["type"], each["key"].removesuffix(f"-{finished}")) for each in found if each["key"]
    }
    assert kinds >= {
        ("table", "storyboard"),
        ("image", "frame-01"),
        ("image", "frame-02"),
        ("image", "poster"),
        ("progress", "progress"),
    }


def test_an_edited_draft_is_what_is_spoken(videos: Videos) -> None:
    job = videos.post(auto_approve=["subtitles"])
    link = videos.until(job, "draft_review")["artifacts"]["storyboard"]
    storyboard = videos.api.get(link).json()
    storyboard["scenes"][1]["narration"] = "Its blood is blue."
    assert videos.decide(job, "draft", storyboard=storyboard).status_code == 200
    videos.until(job, "ready")
    spoken = [scene["narration"] for scene in videos.manifest(job)["scenes"]]
    assert spoken == [storyboard["scenes"][0]["narration"], "Its blood is blue."]


def test_a_revision_brings_another_draft_to_review_and_a_rejection_ends_the_job(
    videos: Videos,
) -> None:
    job = videos.post()
    videos.until(job, "draft_review")
    assert videos.decide(job, "draft", action="revise", comment="title: Hearts").status_code == 200

    def revised() -> bool:
        seen = videos.read(job)
        link = seen["artifacts"].get("storyboard")
        return seen["status"] == "draft_review" and videos.api.get(link).json()["title"] == "Hearts"

    videos.wait(revised, "the second draft")
    answer = videos.decide(job, "draft", action="reject", comment="not for us")
    assert answer.status_code == 200, answer.text
    ended = videos.until(job, "cancelled")
    assert "not for us" in ended["error"]["message"]
    names = [stage["name"] for stage in ended["stages"]]
    assert names == ["drafting", "draft_review", "drafting", "draft_review"]


def test_marks_of_markdown_in_a_storyboard_are_neither_spoken_nor_shown(videos: Videos) -> None:
    scenes = [{"narration": "**Octopuses** have [three](https://sea.example) hearts."}]
    job = videos.post_storyboard({"title": "# Hearts", "scenes": scenes}, auto_approve=True)
    videos.until(job, "ready")
    assert videos.storyboard(job)["title"] == "Hearts"
    cues = videos.api.get(videos.read(job)["artifacts"]["subtitles"]["json"]).json()["cues"]
    assert " ".join(cue["text"] for cue in cues) == "Octopuses have three hearts."


def test_edited_cues_are_burned_in_and_only_their_segments_are_encoded_again(
    videos: Videos,
) -> None:
    job = videos.post(auto_approve=["draft"])
    link = videos.until(job, "subtitles_review")["artifacts"]["subtitles"]["json"]
    cues = videos.api.get(link).json()["cues"]
    cues[-1] = {**cues[-1], "text": "All of them stop.", "words": []}
    answer = videos.decide(job, "subtitles", cues=cues)
    assert answer.status_code == 200, answer.text
    videos.until(job, "ready")
    manifest = videos.manifest(job)
    srt = videos.api.get(videos.read(job)["artifacts"]["subtitles"]["srt"]).text
    assert "All of them stop." in srt
    assert 0 < manifest["render"]["segments_encoded"] < manifest["render"]["segments_total"]


def test_cues_that_overlap_are_refused_and_the_job_waits_on(videos: Videos) -> None:
    job = videos.post(auto_approve=["draft"])
    videos.until(job, "subtitles_review")
    overlapping = [
        {"start_s": 0.0, "end_s": 2.0, "text": "one"},
        {"start_s": 1.0, "end_s": 3.0, "text": "two"},
    ]
    answer = videos.decide(job, "subtitles", cues=overlapping)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "cues.1.start_s"
    assert videos.read(job)["status"] == "subtitles_review"
    videos.api.post(f"/videos/{job}:cancel")
    videos.until(job, "cancelled")


@pytest.mark.parametrize(
    ("cues", "reason"),
    [
        (
            [
                {"start_s": 0.0, "end_s": 2.0, "text": "one"},
                {"start_s": 1.0, "end_s": 3.0, "text": "two"},
            ],
            "cues.1.start_s",
        ),
        ([{"start_s": 2.0, "end_s": 1.0, "text": "backwards"}], "end_s must be after start_s"),
    ],
    ids=["overlapping", "backwards"],
)
def test_cues_that_no_form_can_refuse_are_asked_for_again(
    videos: Videos, cues: list[dict[str, object]], reason: str
) -> None:
    """Prefect's form knows no such rule: the flow shows the reason and asks once more."""
    job = videos.post(auto_approve=["draft"])
    videos.until(job, "subtitles_review")
    body = {"run_input": {"action": "approve", "cues": cues}}

    def accepted() -> bool:
        answer = videos.prefect.post(f"/flow_runs/{job}/resume", json=body)
        return bool(answer.json()["status"] == "ACCEPT")

    videos.wait(accepted, "the review to take answers")

    def shown() -> bool:
        keyset = (videos.run(job)["state"]["state_details"] or {}).get("run_input_keyset")
        if not keyset or "-2-" not in keyset["description"]:
            return False
        text = videos.prefect.get(f"/flow_runs/{job}/input/{keyset['description']}").text
        return "could not be used" in text and reason in text

    videos.wait(shown, "the reason in the next form")
    assert videos.decide(job, "subtitles").status_code == 200
    videos.until(job, "ready")


def test_words_are_aligned_on_the_gpu_pool_when_asked_for(videos: Videos) -> None:
    job = videos.post(auto_approve=True, words="align", music="none")
    videos.until(job, "ready")
    pools = {run["work_pool_name"] for run in videos.children(job)}
    assert pools == {"gpu", "render"}
    assert videos.run(job)["work_pool_name"] == "pipeline"
    assert {scene["words_provider"] for scene in videos.manifest(job)["scenes"]} == {"dtw"}


def test_another_user_finds_nothing(videos: Videos, finished: str) -> None:
    other = {"X-User-ID": "eve"}
    for method, path in [
        ("GET", f"/videos/{finished}"),
        ("POST", f"/videos/{finished}:cancel"),
        ("POST", f"/videos/{finished}:retry"),
        ("POST", f"/videos/{finished}/draft:approve"),
        ("POST", f"/videos/{finished}/subtitles:approve"),
    ]:
        assert videos.api.request(method, path, headers=other).status_code == 404, path


def test_ops_start_a_job_from_the_command_line(videos: Videos) -> None:
    command = [sys.executable, "-m", "prefect", "deployment", "run", "make-video/default"]
    parameters = ["-p", "idea=Why do we yawn?", "-p", "auto_approve=true", "-p", "aspect=1:1"]
    layout = videos.stack.layout
    environment = layout.environment(videos.stack.addresses, {})
    done = subprocess.run(
        [*command, *parameters], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr

    def job() -> str | None:
        latest = {"sort": "EXPECTED_START_TIME_DESC", "limit": 1}
        flows = {"flows": {"name": {"any_": ["make-video"]}}}
        run = videos.prefect.post("/flow_runs/filter", json={**latest, **flows}).json()[0]
        return str(run["id"]) if run["parameters"].get("idea") else None

    run = videos.wait(job, "the run")
    videos.wait(lambda: videos.run(run)["state_type"] == "COMPLETED", "the video")


def test_frames_of_the_video_are_not_black(videos: Videos, finished: str, tmp_path: Path) -> None:
    poster = tmp_path / "poster.jpg"
    poster.write_bytes(videos.api.get(videos.read(finished)["artifacts"]["poster"]).content)
    with av.open(str(poster)) as picture:
        frame = next(picture.decode(video=0)).to_ndarray(format="gray")
    assert frame.shape == (1080, 1080)
    assert frame.max() > 150


def test_the_health_of_a_running_stack_is_good(videos: Videos) -> None:
    assert httpx.get(f"{videos.stack.addresses.api_url}/health").status_code == 200
