"""Downloads: what comes, what is refused, and that nothing forbidden is ever connected to."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from PIL import Image

from reels.addresses import Host
from reels.errors import BadOutput, InvalidInput, RateLimited, TransientFailure
from reels.fetch import Fetched, FetchLimits, Net, fetch, limits_for
from tests.reels.attacks import ATTACKS, HOSTILE_ANSWERS
from tests.reels.net_kit import (
    PUBLIC,
    FakeNet,
    Web,
    answering,
    public_net,
    redirecting,
    serving,
)

LIMITS = FetchLimits(max_bytes=1_000_000, max_s=20)
HOME = "http://media.test.example"


def png(side_px: int = 8) -> bytes:
    made = BytesIO()
    Image.new("RGB", (side_px, side_px), "teal").save(made, "PNG")
    return made.getvalue()


@pytest.fixture
def web() -> Iterator[Web]:
    with serving({"/a": answering(png())}) as running:
        yield running


def bring(url: str, to: Path, net: Net, limits: FetchLimits = LIMITS) -> Fetched:
    return fetch(url, to / "file", limits, ("picture",), net=net)


def test_a_public_file_comes_under_the_suffix_of_what_it_is(web: Web, tmp_path: Path) -> None:
    fake = public_net(web)
    got = bring(f"{HOME}/a?b=c", tmp_path, fake.net())

    assert got == Fetched(tmp_path / "file.png", "picture", len(png()), f"{HOME}/a?b=c")
    assert got.path.read_bytes() == png()
    assert web.asked == [("media.test.example", "/a?b=c")]
    assert fake.tried == [(PUBLIC, 80)]
    assert list(tmp_path.iterdir()) == [got.path]


def test_the_list_of_attacks_is_long_enough() -> None:
    assert len(set(ATTACKS)) >= 66


@pytest.mark.parametrize("url", ATTACKS)
def test_no_attack_ever_leads_to_a_connection(url: str, tmp_path: Path) -> None:
    fake = FakeNet({"media.test.example": [[PUBLIC]]})
    with pytest.raises((InvalidInput, TransientFailure)):
        bring(url, tmp_path, fake.net())

    # `#` ends the host: of that one, the innocent part is what is asked.
    expected = [(PUBLIC, 80)] if url.startswith(f"{HOME}#") else []
    assert fake.tried == expected


@pytest.mark.parametrize("url", [each for each in ATTACKS if not each.startswith(HOME)])
def test_no_redirect_to_an_attack_is_followed(url: str, web: Web, tmp_path: Path) -> None:
    def sends(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ")
        request.wfile.write(url.encode().replace(b"\r\n", b"%0d%0a").replace(b"\0", b""))
        request.wfile.write(b"\r\n\r\n")

    web.pages["/b"] = sends
    fake = public_net(web)
    with pytest.raises((InvalidInput, BadOutput, TransientFailure)):
        bring(f"{HOME}/b", tmp_path, fake.net())

    assert set(fake.tried) == {(PUBLIC, 80)}


@pytest.mark.parametrize("answer", HOSTILE_ANSWERS)
def test_a_name_with_one_address_that_is_not_public_is_refused(
    answer: tuple[str, ...], tmp_path: Path
) -> None:
    fake = FakeNet({"media.test.example": [answer]}, {(address, 80): 9 for address in answer})
    with pytest.raises(InvalidInput, match="not public"):
        bring(f"{HOME}/a", tmp_path, fake.net())

    assert fake.tried == []


def test_what_is_connected_to_is_what_was_checked(web: Web, tmp_path: Path) -> None:
    """A name that changes between two look-ups gains nothing: it is looked up once."""
    fake = public_net(web)
    fake.names["media.test.example"] = [[PUBLIC], ["127.0.0.1"]]
    bring(f"{HOME}/a", tmp_path, fake.net())
    assert fake.asked == ["media.test.example"]

    with pytest.raises(InvalidInput, match="not public"):
        bring(f"{HOME}/a", tmp_path, fake.net())
    assert fake.tried == [(PUBLIC, 80)]


def test_a_name_that_changes_during_a_redirect_is_refused(web: Web, tmp_path: Path) -> None:
    web.pages["/b"] = redirecting("/a")
    fake = public_net(web)
    fake.names["media.test.example"] = [[PUBLIC], ["10.0.0.1"]]
    with pytest.raises(InvalidInput, match=f"{HOME}/a"):
        bring(f"{HOME}/b", tmp_path, fake.net())

    assert fake.tried == [(PUBLIC, 80)]


def test_three_redirects_are_followed_and_four_are_not(web: Web, tmp_path: Path) -> None:
    web.pages |= {f"/{n}": redirecting(f"/{n - 1}" if n > 1 else "/a") for n in range(1, 5)}
    net = public_net(web).net()
    assert bring(f"{HOME}/3", tmp_path, net).url == f"{HOME}/a"

    with pytest.raises(InvalidInput, match="more than 3 times"):
        bring(f"{HOME}/4", tmp_path, net)


def test_the_next_address_of_a_host_is_tried_when_one_does_not_answer(
    web: Web, tmp_path: Path
) -> None:
    fake = public_net(web)
    fake.names["media.test.example"] = [["2606:4700::1111", PUBLIC]]
    bring(f"{HOME}/a", tmp_path, fake.net())

    assert fake.tried == [("2606:4700::1111", 80), (PUBLIC, 80)]


def test_only_a_trusted_host_and_port_is_reached_on_loopback(web: Web, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{web.port}/a"
    assert bring(url, tmp_path, Net(frozenset({Host("127.0.0.1", web.port)}))).url == url

    web.asked.clear()
    with pytest.raises(InvalidInput, match="port"):
        bring(url, tmp_path, Net())
    assert web.asked == []


def test_nothing_is_trusted_unless_the_setting_says_so(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://127.0.0.1:{web.port}/a"
    with pytest.raises(InvalidInput):
        fetch(url, tmp_path / "file", LIMITS, ("picture",))
    monkeypatch.setenv("VIDEO_SERVICE_FETCH_ALLOWED_HOSTS", f"127.0.0.1:{web.port}")

    assert fetch(url, tmp_path / "file", limits_for("picture"), ("picture",)).kind == "picture"


def test_proxies_of_the_environment_do_not_count(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert bring(f"{HOME}/a", tmp_path, public_net(web).net()).size_bytes


@pytest.mark.parametrize(
    "body", [b"<html>" + b" " * 99, b"GIF89a" + b"0" * 99, b"#EXTM3U\n", b"\x89P", b""]
)
def test_what_is_no_picture_is_refused_whatever_it_is_called(
    body: bytes, web: Web, tmp_path: Path
) -> None:
    web.pages["/x.png"] = answering(body, headers={"Content-Type": "image/png"})
    with pytest.raises(BadOutput, match=r"no picture|Nothing lies"):
        bring(f"{HOME}/x.png", tmp_path, public_net(web).net())

    assert list(tmp_path.iterdir()) == []


def test_a_sound_is_no_picture_and_a_picture_no_sound(web: Web, tmp_path: Path) -> None:
    web.pages["/s"] = answering(b"fLaC" + b"\0" * 60)
    net = public_net(web).net()
    assert fetch(f"{HOME}/s", tmp_path / "s", LIMITS, ("sound",), net=net).path.suffix == ".flac"
    with pytest.raises(BadOutput, match="no sound"):
        fetch(f"{HOME}/a", tmp_path / "s", LIMITS, ("sound",), net=net)


@pytest.mark.parametrize("announced", [True, False])
def test_what_is_too_large_is_cut_off(announced: bool, web: Web, tmp_path: Path) -> None:
    """Without a length, too, and before all of it has come."""
    sent = []

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        if announced:
            request.send_header("Content-Length", "999999999")
        request.end_headers()
        for _ in range(10_000):
            sent.append(request.wfile.write(png() + bytes(100_000)))

    web.pages["/large"] = endless
    with pytest.raises(BadOutput, match="more than 1 MB"):
        bring(f"{HOME}/large", tmp_path, public_net(web).net())

    assert sum(sent) < 100_000_000
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("drips", ["header", "body"])
def test_one_deadline_holds_for_all_of_a_slow_answer(drips: str, web: Web, tmp_path: Path) -> None:
    def slow(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        request.wfile.write(b"\r\n" + png() if drips == "body" else b"X-Slow: ")
        until = time.monotonic() + 10
        while time.monotonic() < until:
            request.wfile.write(b"a")
            request.wfile.flush()
            time.sleep(0.02)

    web.pages["/slow"] = slow
    started = time.monotonic()
    with pytest.raises(TransientFailure, match="too long"):
        bring(f"{HOME}/slow", tmp_path, public_net(web).net(), FetchLimits(1_000_000, 0.3))

    assert time.monotonic() - started < 2


def test_the_deadline_holds_for_a_name_server_that_does_not_answer(tmp_path: Path) -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        time.sleep(1)
        return [PUBLIC]

    started = time.monotonic()
    with pytest.raises(TransientFailure):
        bring(f"{HOME}/a", tmp_path, Net(resolve=resolve), FetchLimits(1000, 0.1))
    assert time.monotonic() - started < 0.9


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, BadOutput), (403, BadOutput), (503, TransientFailure), (429, RateLimited)],
)
def test_an_answer_that_is_no_file_is_told_with_its_address(
    status: int, error: type[Exception], web: Web, tmp_path: Path
) -> None:
    web.pages["/no"] = answering(b"no", status, {"Retry-After": "7"})
    with pytest.raises(error, match=f"{HOME}/no") as refused:
        bring(f"{HOME}/no", tmp_path, public_net(web).net())

    assert str(status) in str(refused.value)
    if isinstance(refused.value, RateLimited):
        assert refused.value.retry_after_s == 7


def test_a_host_that_there_is_not_is_named(tmp_path: Path) -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(InvalidInput, match=r"no host 'media\.test\.example'"):
        bring(f"{HOME}/a", tmp_path, Net(resolve=resolve))


def test_tls_proves_the_name_though_the_connection_goes_to_a_number(tmp_path: Path) -> None:
    server = _server_of("media.test.example", tmp_path)
    names: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: names.append(name)
    with serving({"/a": answering(png())}, tls=server) as web:
        fake = FakeNet({"media.test.example": [[PUBLIC]], "other.test.example": [[PUBLIC]]})
        fake.routes = {(PUBLIC, 443): web.port}
        trusting = fake.net(tls=ssl.create_default_context(cafile=tmp_path / "certificate.pem"))
        assert bring("https://media.test.example/a", tmp_path, trusting).kind == "picture"
        with pytest.raises(BadOutput, match="certificate"):
            bring("https://other.test.example/a", tmp_path, trusting)
        with pytest.raises(BadOutput, match="certificate"):
            bring("https://media.test.example/a", tmp_path, fake.net())

    assert names == ["media.test.example", "other.test.example", "media.test.example"]


def _server_of(name: str, folder: Path) -> ssl.SSLContext:
    """TLS with a certificate of its own making, which lies in `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return context
