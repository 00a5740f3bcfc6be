"""What a receiver on loopback gets posted, and what its answers mean."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest
from pydantic import SecretStr

from reels.errors import BadOutput, RateLimited, ReelsError, TransientFailure
from reels.sinks.webhook import WebhookSink
from reels.webhooks.signing import sign

from .conftest import change

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


@dataclass
class Receiver:
    """Answers with `status` and `headers`, and keeps what came."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            state.came.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_port}/token-of-ops"
        yield state
        server.shutdown()


@pytest.fixture
def sink(receiver: Receiver) -> Iterator[WebhookSink]:
    made = WebhookSink(SecretStr(receiver.url), SecretStr(SECRET))
    yield made
    made.close()


def test_a_change_is_posted_and_signed_as_the_specification_says(
    sink: WebhookSink, receiver: Receiver
) -> None:
    ready = change(uuid4(), "ready", 3, video_url="http://x/ролик.mp4")
    sink.write(ready)
    [(headers, body)] = receiver.came
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == str(ready.id)
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 10
    signed = f"{ready.id}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(b"0123456789abcdef0123456789abcdef", signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    assert json.loads(body) == {
        "type": "video.status_changed",
        "timestamp": "2026-01-01T12:00:03Z",
        "data": {
            "job_id": str(ready.job_id),
            "user_id": "ada",
            "status": "ready",
            "short_status": "completed",
            "video_url": "http://x/ролик.mp4",
            "error_message": None,
            "created_at": "2026-01-01T12:00:00Z",
            "changed_at": "2026-01-01T12:00:03Z",
        },
    }


def test_signing_gives_the_specifications_own_example() -> None:
    """Source: the example in the README of the Standard Webhooks reference libraries."""
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_without_a_secret_nothing_is_signed(receiver: Receiver) -> None:
    WebhookSink(SecretStr(receiver.url)).write(change(uuid4(), "queued", 0))
    assert "webhook-signature" not in receiver.came[0][0]


def test_the_same_change_has_the_same_id_each_time(sink: WebhookSink, receiver: Receiver) -> None:
    again = change(uuid4(), "queued", 0)
    sink.write(again)
    sink.write(again)
    assert {headers["webhook-id"] for headers, _ in receiver.came} == {str(again.id)}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, BadOutput),
        (307, BadOutput),
        (400, BadOutput),
        (404, BadOutput),
        (408, TransientFailure),
        (429, RateLimited),
        (500, TransientFailure),
        (503, TransientFailure),
    ],
)
def test_an_answer_says_whether_another_try_may_help(
    sink: WebhookSink, receiver: Receiver, status: int, error: type[ReelsError]
) -> None:
    receiver.status = status
    receiver.headers = {"Location": receiver.url, "Retry-After": "7"}
    with pytest.raises(error) as refused:
        sink.write(change(uuid4(), "queued", 0))
    assert len(receiver.came) == 1
    assert "token-of-ops" not in str(refused.value)
    assert getattr(refused.value, "retry_after_s", 7) == 7


def test_who_answers_gone_is_left_alone(sink: WebhookSink, receiver: Receiver) -> None:
    receiver.status = 410
    with pytest.raises(BadOutput, match="410"):
        sink.write(change(uuid4(), "queued", 0))
    sink.write(change(uuid4(), "queued", 0))
    assert len(receiver.came) == 1


def test_nobody_who_answers_may_answer_later_and_the_address_is_not_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    sink = WebhookSink(SecretStr(f"http://127.0.0.1:{port}/token-of-ops"))
    with pytest.raises(TransientFailure) as failed:
        sink.write(change(uuid4(), "queued", 0))
    assert "token-of-ops" not in f"{failed.value} {sink!r}"
    assert failed.value.__suppress_context__
