"""`make up FAKE_CLOUD=1`: the paid services on loopback, a part of the stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.plan import answers
from deployments.stack import running_stack

pytestmark = pytest.mark.slow


def test_a_fake_cloud_starts_and_stops_with_its_stack(tmp_path: Path) -> None:
    with running_stack(tmp_path, with_cloud=True) as stack:
        health = f"{stack.addresses.cloud_url}/_fake/health"
        assert answers(health)
    assert not answers(health)
