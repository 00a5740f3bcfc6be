from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployments.engine.sockets import MAX_SOCKET_PATH_BYTES
from deployments.layout import Addresses, Layout
from deployments.plan import free_addresses
from reels.errors import Conflict

ADDRESSES = Addresses("http://127.0.0.1:1", "http://127.0.0.1:2")


def test_nothing_of_the_users_own_prefect_leaks_in(tmp_path: Path) -> None:
    """Of the user's PREFECT_* variables none is left; ours name the data directory."""
    theirs = {"PREFECT_API_URL": "x", "PREFECT_PROFILE": "mine", "PREFECT_API_KEY": "k", "A": "b"}
    environment = Layout(tmp_path).environment(ADDRESSES, theirs)
    assert environment["PREFECT_API_URL"] == "http://127.0.0.1:2/api"
    assert environment["PREFECT_HOME"].startswith(str(tmp_path))
    assert "PREFECT_PROFILE" not in environment
    assert "PREFECT_API_KEY" not in environment
    assert environment["A"] == "b"


def test_loopback_is_never_reached_through_a_proxy(tmp_path: Path) -> None:
    """A user's proxy stays for other hosts only."""
    environment = Layout(tmp_path).environment(ADDRESSES, {"HTTPS_PROXY": "http://proxy"})
    assert "127.0.0.1" in environment["NO_PROXY"]
    assert environment["HTTPS_PROXY"] == "http://proxy"


def test_sockets_fit_the_kernels_limit_however_deep_the_directory(tmp_path: Path) -> None:
    """A data directory with a long path has its sockets in a short one of its own."""
    near = Layout(Path("/a"))
    assert near.sockets.is_relative_to("/a")
    deep = [Layout(tmp_path / ("d" * 120) / name) for name in "xy"]
    longest = [bytes(each.sockets / "pipeline.sock.4194304") for each in deep]
    assert all(len(path) <= MAX_SOCKET_PATH_BYTES for path in longest)
    assert longest[0] != longest[1]


def test_a_directory_is_held_by_one_stack(tmp_path: Path) -> None:
    """The second lock is refused until the first is released."""
    held = Layout(tmp_path).lock()
    with pytest.raises(Conflict, match="Another stack"):
        Layout(tmp_path).lock()
    held.close()
    Layout(tmp_path).lock().close()


def test_addresses_are_read_only_from_their_own_supervisor(tmp_path: Path) -> None:
    """What a killed stack has left is not taken for the new one's."""
    layout = Layout(tmp_path)
    layout.make()
    layout.write_addresses(ADDRESSES)
    writer = json.loads(layout.ready_file.read_text())["pid"]
    assert layout.read_addresses(writer) == ADDRESSES
    assert layout.read_addresses(writer + 1) is None


def test_two_free_ports_differ() -> None:
    """API and Prefect get ports of their own."""
    addresses = free_addresses()
    assert addresses.api_url != addresses.prefect_url


def test_with_a_fake_cloud_all_services_are_there_whatever_keys_are_given(tmp_path: Path) -> None:
    addresses = Addresses("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3")
    given = {
        "VIDEO_SERVICE_GEMINI_API_KEY": "a-real-one",
        "VIDEO_SERVICE_TTS_PROVIDER": "gemini",
    }
    made = Layout(tmp_path).environment(addresses, given)
    assert "a-real-one" not in made.values()
    assert made["VIDEO_SERVICE_PEXELS_BASE_URL"] == "http://127.0.0.1:3/pexels"
    assert made["VIDEO_SERVICE_STORYBOARD_PROVIDER"] == "gemini,outline"
    assert made["VIDEO_SERVICE_TTS_PROVIDER"] == "gemini"


def test_a_password_of_the_server_is_given_to_all_its_clients(tmp_path: Path) -> None:
    """The one variable of Prefect's that counts; a client's own alone does not."""
    given = {"PREFECT_SERVER_API_AUTH_STRING": "reels:a password"}
    environment = Layout(tmp_path).environment(ADDRESSES, given)
    assert environment["PREFECT_SERVER_API_AUTH_STRING"] == "reels:a password"
    assert environment["PREFECT_API_AUTH_STRING"] == "reels:a password"
    theirs = {"PREFECT_API_AUTH_STRING": "of:another server"}
    assert not [n for n in Layout(tmp_path).environment(ADDRESSES, theirs) if "AUTH" in n]
