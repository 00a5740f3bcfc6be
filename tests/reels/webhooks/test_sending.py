"""A message goes to public web servers only, once, and of the answer only the status counts."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from reels.fetch import Net
from reels.webhooks.messages import Message
from reels.webhooks.secrets import OldSecret, Secrets
from reels.webhooks.sending import Answer, post, send
from reels.webhooks.signing import new_secret
from tests.receiver_kit import Receiver, is_signed_by, receiving
from tests.reels.attacks import ATTACKS, HOSTILE_ANSWERS
from tests.reels.net_kit import PUBLIC, FakeNet

HOME = "http://hooks.test.example"
MEDIA = "http://media.test.example"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def public(receiver: Receiver, name: str = "hooks.test.example") -> FakeNet:
    return FakeNet({name: [[PUBLIC]]}, {(PUBLIC, 80): receiver.port})


def sent(url: str, net: Net, max_s: float = 10) -> Answer:
    return post(url, {"webhook-id": "m"}, b"{}", net=net, max_s=max_s)


def test_a_message_arrives_signed_by_every_secret_that_counts(receiver: Receiver) -> None:
    fake = public(receiver)
    now = time.time()
    old, over, current = (new_secret() for _ in range(3))
    secrets = Secrets(
        secret=current,
        previous=(
            OldSecret(secret=old, until=now + 60),
            OldSecret(secret=over, until=now - 60),
        ),
    )
    message = Message("msg_1", '{"title":"Чай"}'.encode())
    answer = send(message, f"{HOME}/a?b=c", secrets, net=fake.net(), max_s=10)
    assert (answer.is_taken, answer.status) == (True, 204)
    [came] = receiver.came
    assert (came.path, came.body, came.id) == ("/a?b=c", message.body, "msg_1")
    assert came.headers["host"] == "hooks.test.example"
    assert came.headers["content-type"] == "application/json"
    verdicts = [is_signed_by(each, came.headers, came.body) for each in (current, old, over)]
    assert verdicts == [True, True, False]


@pytest.mark.parametrize("url", ATTACKS)
def test_no_attack_ever_leads_to_a_connection(url: str) -> None:
    fake = FakeNet({"media.test.example": [[PUBLIC]]})
    answer = sent(url, fake.net())
    assert answer.status == 0
    # `#` ends the host: of that one, the innocent part is what is asked.
    assert fake.tried == ([(PUBLIC, 80)] if url.startswith(f"{MEDIA}#") else [])


@pytest.mark.parametrize("addresses", HOSTILE_ANSWERS)
def test_a_name_with_one_address_that_is_not_public_is_told_nothing(
    addresses: tuple[str, ...],
) -> None:
    fake = FakeNet({"hooks.test.example": [addresses]}, {(each, 80): 9 for each in addresses})
    answer = sent(f"{HOME}/in", fake.net())
    assert (answer.status, fake.tried) == (0, [])
    assert "not public" in answer.trouble or "no public" in answer.trouble


@pytest.mark.parametrize("url", ATTACKS)
def test_no_redirect_is_followed_to_an_attack_or_anywhere(url: str, receiver: Receiver) -> None:
    location = url.replace("\r\n", "%0d%0a").replace("\0", "").encode().decode("latin-1")
    receiver.answer = lambda _: (307, {"Location": location})
    fake = public(receiver)
    answer = sent(f"{HOME}/in", fake.net())
    assert (answer.status, answer.is_taken) == (307, False)
    assert fake.tried == [(PUBLIC, 80)]
    assert len(receiver.came) == 1


def test_a_name_that_changes_between_two_look_ups_gains_nothing(receiver: Receiver) -> None:
    fake = public(receiver)
    fake.names["hooks.test.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert sent(f"{HOME}/in", fake.net()).is_taken
    assert fake.asked == ["hooks.test.example"]
    assert sent(f"{HOME}/in", fake.net()).status == 0
    assert fake.tried == [(PUBLIC, 80)]


def test_only_a_trusted_host_and_port_is_reached_on_loopback(receiver: Receiver) -> None:
    assert sent(receiver.url, Net()).status == 0
    assert receiver.came == []
    assert sent(receiver.url, Net(frozenset({receiver.host}))).is_taken


@pytest.mark.parametrize(
    ("said", "asked_s"),
    [((429, {"Retry-After": "7"}), 7.0), ((503, {}), None), ((500, {"Retry-After": "x"}), None)],
)
def test_a_receiver_that_asks_for_time_is_understood(
    said: tuple[int, dict[str, str]], asked_s: float | None, receiver: Receiver
) -> None:
    receiver.answer = lambda _: said
    answer = sent(f"{HOME}/in", public(receiver).net())
    assert (answer.status, answer.retry_after_s, answer.is_taken) == (said[0], asked_s, False)


def test_the_body_of_an_answer_is_not_waited_for() -> None:
    """Though it never ends."""
    let_go = threading.Event()

    def endless(server: socket.socket) -> None:
        with server.accept()[0] as held:
            held.recv(65_536)
            held.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            let_go.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=endless, args=(server,), daemon=True).start()
        fake = FakeNet({"hooks.test.example": [[PUBLIC]]}, {(PUBLIC, 80): server.getsockname()[1]})
        answer = sent(f"{HOME}/in", fake.net())
        let_go.set()
    assert answer.is_taken
    assert answer.took_s < 5


@pytest.mark.parametrize(
    "drips", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 100 Continue\r\n\r\n"]
)
def test_one_deadline_holds_for_a_receiver_that_drips(drips: bytes) -> None:
    def drip(server: socket.socket) -> None:
        with server.accept()[0] as held:
            held.recv(65_536)
            until = time.monotonic() + 5
            while time.monotonic() < until:
                try:
                    held.sendall(drips)
                except OSError:
                    return
                let_go.wait(0.02)

    let_go = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, args=(server,), daemon=True).start()
        fake = FakeNet({"hooks.test.example": [[PUBLIC]]}, {(PUBLIC, 80): server.getsockname()[1]})
        answer = sent(f"{HOME}/in", fake.net(), max_s=0.5)
    assert answer.status == 0
    assert answer.took_s < 2


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 999999 ?\r\n\r\n", b"\0"])
def test_what_is_no_web_server_is_told_without_its_words_or_the_path(said: bytes) -> None:
    def speak(server: socket.socket) -> None:
        with server.accept()[0] as held:
            held.recv(65_536)
            held.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=speak, args=(server,), daemon=True).start()
        fake = FakeNet({"hooks.test.example": [[PUBLIC]]}, {(PUBLIC, 80): server.getsockname()[1]})
        answer = sent(f"{HOME}/hidden-word?key=hidden-word", fake.net())
    assert answer.status == 0
    assert "http://hooks.test.example" in answer.trouble
    assert "hidden-word" not in answer.trouble
    assert "SSH" not in answer.trouble


def test_a_server_that_is_away_is_told_so() -> None:
    fake = FakeNet({"hooks.test.example": [[PUBLIC]]})
    answer = sent(f"{HOME}/in", fake.net())
    assert answer.trouble == "http://hooks.test.example cannot be reached."
