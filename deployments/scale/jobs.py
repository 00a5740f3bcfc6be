"""Jobs as frontends have them made: posted at one API, followed and approved at another."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import httpx

from deployments.scale.running import Scale
from reels.errors import Unavailable

USER = "ada"
POLL_S = 0.5
#: How long a request is sent again while the answer is that nobody can answer now.
PATIENCE_S = 120.0
ENDED = frozenset({"ready", "failed", "cancelled"})
_COMES_BACK = frozenset({429, 502, 503, 504})
_ENGLISH = "The octopus has three hearts. Two of them stop when it swims, so it prefers to crawl."
_RUSSIAN = "У осьминога три сердца. Два из них замирают, когда он плывёт, поэтому он любит ползать."


def bodies(count: int) -> list[dict[str, Any]]:
    """So many short requests, no two alike: every other one Russian; the first is for people to
    approve, and every third has its words aligned by the gpu pool."""
    return [
        {
            "text": f"{_RUSSIAN if number % 2 == 0 else _ENGLISH} {number + 1}.",
            "language": "ru" if number % 2 == 0 else "en",
            "aspect": "1:1",
            "auto_approve": number > 0,
            **({"words": "align"} if number % 3 == 0 else {}),
        }
        for number in range(count)
    ]


class Api:
    """One shim, as one user sees it. `again` counts the requests that had to be repeated."""

    def __init__(self, url: str, key: str) -> None:
        self.again = 0
        headers = {"Authorization": f"Bearer {key}"}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False)

    def post(self, body: dict[str, Any], key: str) -> str:
        """Ask for a video; returns the job's id. The idempotency `key` is of this request."""
        answer = self._ask("POST", "/videos", json=body, headers={"Idempotency-Key": key})
        return str(answer.json()["job_id"])

    def read(self, job: str) -> dict[str, Any]:
        return dict(self._ask("GET", f"/videos/{job}").json())

    def approve(self, job: str, review: str) -> None:
        """A review is shown a moment before it takes answers."""
        deadline = time.monotonic() + PATIENCE_S
        path = f"/videos/{job}/{review}:approve"
        while (answer := self._ask("POST", path, json={}, also=(409,))).status_code == 409:
            if time.monotonic() > deadline:
                raise Unavailable(f"{path}: {answer.text}")
            time.sleep(POLL_S)

    def all(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            query = {"page_size": 50, **({"page_token": token} if token else {})}
            page = self._ask("GET", "/videos", params=query).json()
            found += page["videos"]
            token = page.get("next_page_token") or ""
            if not token:
                return found

    def events(self, job: str, after: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The ids and contents of the status events of one connection, until it ends."""
        headers = {"Last-Event-ID": after} if after else {}
        with self._client.stream("GET", f"/videos/{job}/events", headers=headers) as answer:
            answer.raise_for_status()
            event: dict[str, str] = {}
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                event[name] = value
                if not line:
                    if event.get("event") == "status":
                        yield event["id"], json.loads(event["data"])
                    event = {}

    def _ask(
        self, method: str, path: str, *, also: tuple[int, ...] = (), **how: Any
    ) -> httpx.Response:
        """Raises Unavailable for an answer that is neither a success nor one of `also`."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = self._client.request(method, path, **how)
            if answer.is_success or answer.status_code in also:
                return answer
            if answer.status_code not in _COMES_BACK or time.monotonic() > deadline:
                raise Unavailable(f"{method} {path} answered {answer.status_code}: {answer.text}")
            self.again += 1
            time.sleep(POLL_S)


@dataclass
class Follower:
    """Follows a job's live status as a browser does, which comes back when it is cut off."""

    api: Api
    job: str
    statuses: list[str] = field(default_factory=list)

    def start(self) -> Thread:
        thread = Thread(target=self._follow, name=f"events of {self.job}", daemon=True)
        thread.start()
        return thread

    def _follow(self) -> None:
        last = ""
        while not self.statuses or self.statuses[-1] not in ENDED:
            try:
                for event, told in self.api.events(self.job, last):
                    last = event
                    self.statuses.append(told["status"])
            except httpx.HTTPError:
                self.api.again += 1
            time.sleep(POLL_S)


def wait_for(look: Callable[[], Any], what: str, deadline_s: float) -> Any:
    """What `look` returns, once that is something. Raises Unavailable."""
    deadline = time.monotonic() + deadline_s
    while not (found := look()):
        if time.monotonic() > deadline:
            raise Unavailable(f"Not within {deadline_s:.0f} s: {what}.")
        time.sleep(POLL_S)
    return found


def apis(scale: Scale) -> list[Api]:
    """The shims, for one user with one key."""
    key = scale.api_key(USER)
    return [Api(url, key) for url in scale.api_urls]
