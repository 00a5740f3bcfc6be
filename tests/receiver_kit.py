"""A receiver of webhooks on loopback, with a verification of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from reels.addresses import Host


def is_signed_by(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the signatures is the secret's, and the message is no old one."""
    key = base64.b64decode(secret.split("_", 1)[1])
    stamp = headers["webhook-timestamp"]
    signed = b".".join((headers["webhook-id"].encode(), stamp.encode(), body))
    due = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return (
        f"v1,{due}" in headers["webhook-signature"].split(" ")
        and abs(time.time() - int(stamp)) < 300
    )


@dataclass(frozen=True)
class Arrival:
    """A message as it came; header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def kind(self) -> str:
        return str(self.message["type"])

    @property
    def job(self) -> str:
        return str(self.message["data"]["job_id"])

    @property
    def message(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


#: What a receiver says: a status, or one with headers.
Says = int | tuple[int, dict[str, str]]


@dataclass
class Receiver:
    """Answers as `answer` says. `came` is all that came, `numbers` say what it answered 2xx."""

    port: int = 0
    answer: Callable[[Arrival], Says] = lambda _: 204
    came: list[Arrival] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)
    pause: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def host(self) -> Host:
        return Host("127.0.0.1", self.port)

    @property
    def taken(self) -> list[Arrival]:
        """What it answered 2xx, in the order in which it came."""
        return [self.came[number] for number in self.numbers]

    def kinds_of(self, job: object) -> list[str]:
        """The types of what was taken of a job, in their order."""
        return [each.kind for each in self.taken if each.job == str(job)]

    def note(self, number: int, *, taken: bool) -> None:
        """The one that came as the `number`th was answered 2xx, or was not."""
        with self.news:
            others = [each for each in self.numbers if each != number]
            # A later one may have been noted before it.
            self.numbers = sorted([*others, number] if taken else others)
            self.news.notify_all()

    def wait(self, condition: Callable[[], bool], timeout_s: float = 20) -> None:
        """Until it holds, after something has come."""
        with self.news:
            assert self.news.wait_for(condition, timeout_s), [each.kind for each in self.came]


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            arrival = Arrival(self.path, headers, body)
            with receiver.news:
                number = len(receiver.came)
                receiver.came.append(arrival)
                receiver.news.notify_all()
            said = receiver.answer(arrival)
            status, more = said if isinstance(said, tuple) else (said, {})
            # Noted before it goes out: whoever has its answer finds it taken.
            receiver.note(number, taken=200 <= status < 300)
            try:
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.end_headers()
            except OSError:
                receiver.note(number, taken=False)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        receiver.port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield receiver
        server.shutdown()
