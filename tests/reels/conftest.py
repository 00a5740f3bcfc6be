"""A fake cloud for the tests of what is made by services, started when first asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deployments.fake_cloud.running import Cloud, running_cloud


@pytest.fixture(scope="session")
def cloud_server() -> Iterator[Cloud]:
    with running_cloud() as cloud:
        yield cloud


@pytest.fixture
def cloud(cloud_server: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The fake cloud without calls and faults, to which the settings send every provider."""
    for name, value in cloud_server.environment().items():
        monkeypatch.setenv(name, value)
    cloud_server.state.reset()
    yield cloud_server
    cloud_server.state.reset()
    cloud_server.state.keys.clear()
