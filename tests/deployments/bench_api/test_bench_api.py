"""The measurement of the API measures what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.bench_api import clients
from deployments.bench_api.__main__ import GOALS, measure
from deployments.bench_api.seed import BUSY
from deployments.bench_api.serving import serving
from deployments.goals import kept


@pytest.mark.slow
async def test_every_figure_is_measured_on_a_real_server_and_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small run gives every goal a figure, and its jobs are those of the database."""
    for name, value in (
        ("POLLERS", 4),
        ("ROUNDS", clients.WARM_ROUNDS + 1),
        ("EVERY_S", 0.1),
        ("LIST_TURNS", 1),
    ):
        monkeypatch.setattr(f"deployments.bench_api.__main__.{name}", value)
    monkeypatch.setattr("deployments.bench_api.__main__.CREATIONS", 1)
    with serving(tmp_path, 50) as addresses:
        figures = await measure(addresses)
        async with clients.client_of(addresses.api_url, 1) as client:
            listed = await client.get(
                "/videos", params={"page_size": 100}, headers={"X-User-ID": BUSY}
            )
    assert len(listed.json()["videos"]) == 25
    assert figures["refused"] == 0
    assert set(kept(GOALS, figures)) == {goal.key for goal in GOALS}
    assert all(figures[goal.key] > 0 for goal in GOALS if goal.key != "refused")


def test_a_quantile_is_a_time_that_was_measured() -> None:
    times = clients.Times([float(n) for n in range(100, 0, -1)])
    assert (times.quantile(0.5), times.quantile(0.95), times.quantile(1)) == (51, 96, 100)
