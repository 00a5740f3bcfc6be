"""One job over REST, as a frontend would do it: post, follow, approve, download."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from reels.errors import ReelsError, Unavailable

POLL_S = 0.2
#: A review is shown a moment before it takes answers.
APPROVE_DEADLINE_S = 30.0
FILES = {"final": "final.mp4", "poster": "poster.jpg", "manifest": "manifest.json"}


class JobFailed(ReelsError):
    """The job did not end as ready. `stage` is where."""

    def __init__(self, stage: str, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.stage = stage


class DemoJob:
    """A job of the running API."""

    def __init__(self, client: httpx.Client, body: dict[str, Any]) -> None:
        self._client = client
        self.posted_at = time.time()
        answer = _expect(client.post("/videos", json=body))
        self.id: str = answer["job_id"]
        self._links: dict[str, str] = answer["links"]

    def read(self) -> dict[str, Any]:
        return _expect(self._client.get(f"/videos/{self.id}"))

    def follow(self) -> Iterator[dict[str, Any]]:
        """The job each time that its status or progress has changed, until it has ended.

        Raises:
            JobFailed: it ended, and not as ready.
        """
        last: tuple[str, int] | None = None
        while True:
            job = self.read()
            now = (job["status"], job["progress"])
            if now != last:
                last = now
                yield job
            if job["status"] == "ready":
                return
            if job["status"] in ("failed", "cancelled"):
                error = job["error"] or {"stage": None, "message": f"The job is {job['status']}."}
                raise JobFailed(error["stage"] or "before the first stage", error["message"])
            time.sleep(POLL_S)

    def approve(self, review: str) -> None:
        """Approve what is shown at `draft` or `subtitles`, as it is."""
        deadline = time.monotonic() + APPROVE_DEADLINE_S
        while True:
            answer = self._client.post(self._links[f"approve_{review}"], json={})
            if answer.status_code not in (409, 503) or time.monotonic() > deadline:
                _expect(answer)
                return
            time.sleep(POLL_S)

    def download(self, job: dict[str, Any], to: Path, done: Callable[[Path], None]) -> None:
        """Bring the finished files to the directory `to`."""
        to.mkdir(parents=True, exist_ok=True)
        artifacts = job["artifacts"]
        links = {name: artifacts[kind] for kind, name in FILES.items()}
        links["subtitles.srt"] = artifacts["subtitles"]["srt"]
        for name, link in links.items():
            part = to / f"{name}.part"
            with self._client.stream("GET", link) as response, part.open("wb") as file:
                response.raise_for_status()
                for chunk in response.iter_bytes(1 << 20):
                    file.write(chunk)
            part.replace(to / name)
            done(to / name)


def _expect(response: httpx.Response) -> dict[str, Any]:
    """The answer's body. Raises Unavailable with the problem's own words."""
    if response.is_success:
        body: dict[str, Any] = response.json()
        return body
    try:
        problem = response.json()
        reason = problem.get("detail") or problem.get("title") or response.text
    except ValueError:
        reason = response.text
    raise Unavailable(f"{response.request.url.path} answered {response.status_code}: {reason}")
