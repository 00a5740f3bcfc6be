"""One live API for all that is asked of it from outside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.document.live import LiveApi, serving


@pytest.fixture(scope="session")
def live_api(prefect_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveApi]:
    with serving(prefect_url, tmp_path_factory.mktemp("live")) as live:
        yield live
