"""How the contract tests reach the services: as they answer now, or as they once did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from reels.cloud.access import Service, from_settings, key_setting
from reels.voice import elevenlabs_voices
from tests.contract.calls import Call
from tests.contract.cassettes import FOLDER, recording, replaying

Wire = Callable[[Call], AbstractContextManager[None]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record",
        action="store_true",
        help="ask the real services, which costs money, and write cassettes of what they answer",
    )


@pytest.fixture(autouse=True)
def _no_voices_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of voices is kept for minutes: another test's would be no answer to this one."""
    monkeypatch.setattr(elevenlabs_voices, "_kept", {})


@pytest.fixture
def wire(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Call], AbstractContextManager[None]]:
    """Around a call: it is recorded with `--record`, and otherwise replayed; or skipped."""
    records = request.config.getoption("--record", default=False)

    @contextmanager
    def around(call: Call) -> Iterator[None]:
        path = FOLDER / f"{call}.yaml"
        if records:
            reach = from_settings(call.service)
            if reach is None:
                pytest.skip(f"there is no key: {key_setting(call.service)}")
            with recording(path, call.service, reach.base_url):
                yield
            return
        if not path.exists():
            pytest.skip(f"{path.name} is not recorded yet: `make record`, by somebody with keys")
        for name, value in without_a_key(call.service).items():
            monkeypatch.setenv(name, value)
        with replaying(path, call.service):
            yield

    return around


def without_a_key(service: Service, base_url: str = "") -> dict[str, str]:
    """The settings of whoever has no key, and therefore reaches nobody."""
    prefix = f"VIDEO_SERVICE_{service.upper()}"
    return {f"{prefix}_API_KEY": "replayed", f"{prefix}_BASE_URL": base_url}


@pytest.fixture
def desk(tmp_path: Path) -> Callable[[], Path]:
    """Another empty folder at each call."""
    made = iter(range(100))

    def new() -> Path:
        folder = tmp_path / f"desk-{next(made)}"
        folder.mkdir()
        return folder

    return new
