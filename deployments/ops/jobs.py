"""`reelwright jobs`, `approve`, `cancel`, `retry`: what operators do with jobs, over REST."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deployments.ops.rest import Api
from reels.models import Gate
from reels.stages import Status

#: What the API gives in one page at most.
PAGE = 100
#: How `GET /videos` calls it; the API's own name for it would import Prefect, which takes seconds.
EVERYBODY = "*"
_COLOURS: dict[str, str] = {
    "ready": "green",
    "failed": "red",
    "cancelled": "dim",
    "cancelling": "dim",
    "draft_review": "yellow",
    "subtitles_review": "yellow",
}


def list_jobs(api: Api, *, status: Status | None, user: str, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` jobs, the newest first, as the API tells them. Raises as `Api.get` does."""
    wanted: dict[str, str] = {"user_id": user or EVERYBODY} | ({"status": status} if status else {})
    found: list[dict[str, Any]] = []
    token = ""
    while len(found) < limit:
        size = min(PAGE, limit - len(found))
        more = {"page_token": token} if token else {}
        page = api.get("/videos", page_size=size, **wanted, **more)
        found += page["videos"]
        token = page["next_page_token"] or ""
        if not token:
            break
    return found


def approve(api: Api, job_id: str, gate: Gate) -> dict[str, Any]:
    """Approve what waits at `gate` as it is now, and nothing that takes its place meanwhile.

    Raises as `Api.get` does; among others, when the job does not wait there.
    """
    review = api.get(f"/videos/{job_id}")["review"]
    body: dict[str, Any] = {"action": "approve"}
    if review and review["gate"] == gate:
        body["number"] = review["number"]
    return api.post(f"/videos/{job_id}/{gate}:approve", body)


def cancel(api: Api, job_id: str) -> dict[str, Any]:
    """End a job with all that it started. Raises as `Api.get` does."""
    return api.post(f"/videos/{job_id}:cancel")


def retry(api: Api, job_id: str) -> dict[str, Any]:
    """Let a failed or cancelled job go on where it stopped. Raises as `Api.get` does."""
    return api.post(f"/videos/{job_id}:retry")


def show_jobs(console: Console, jobs: list[dict[str, Any]]) -> None:
    """A table of jobs. Where it is no terminal, nothing is cut off."""
    if not jobs:
        console.print("No such jobs.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("job", no_wrap=True)
    for name in ("status", "%", "user", "made (UTC)", "waits for"):
        table.add_column(name, no_wrap=True, justify="right" if name == "%" else "left")
    table.add_column("title", overflow="ellipsis", no_wrap=console.is_terminal)
    for job in jobs:
        # What users write is text, whatever brackets are in it.
        table.add_row(*(Text(cell) for cell in _cells(job)), style=_COLOURS.get(job["status"]))
    console.print(table)


def show_job(console: Console, done: str, job: dict[str, Any]) -> None:
    """One line on what was done to a job, and how it is now."""
    console.print(Text(f"{done}: {job['job_id']} is {job['status']}."), soft_wrap=True)


def _cells(job: dict[str, Any]) -> list[str]:
    review = job["review"]
    made = datetime.fromisoformat(job["created_at"]) if job["created_at"] else None
    return [
        job["job_id"],
        job["status"],
        str(job["progress"]),
        job["user_id"],
        f"{made:%Y-%m-%d %H:%M}" if made else "",
        f"{review['gate']} {review['number']}" if review else "",
        _printable(job["title"]),
    ]


def _printable(text: str) -> str:
    """Without what a terminal would take for an order."""
    return "".join(char if char.isprintable() else " " for char in text)
