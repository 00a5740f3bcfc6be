"""The watcher is a part of every stack, and one that the jobs can do without."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from deployments.layout import Addresses, Layout
from deployments.plan import STATUS, Plan, make_plan
from deployments.service import Service
from deployments.supervisor import MAX_RESTARTS, Supervisor
from reels.errors import Unavailable

ADDRESSES = Addresses("http://127.0.0.1:1", "http://127.0.0.1:2")


def plan_in(directory: Path) -> Plan:
    return make_plan(Layout(directory), ADDRESSES, {})


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DSN", "WEBHOOK_URL"):
        monkeypatch.delenv(f"VIDEO_SERVICE_STATUS_{name}", raising=False)


@pytest.mark.usefixtures("unset")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DSN", ""),
        ("DSN", "postgresql://a:hidden-word@h/d"),
        ("WEBHOOK_URL", "http://h/hidden-word"),
    ],
)
def test_the_watcher_is_planned_and_its_command_holds_no_secret(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a sink, too: users may have webhooks."""
    monkeypatch.setenv(f"VIDEO_SERVICE_STATUS_{name}", value)
    status = plan_in(tmp_path).status
    assert status.name == STATUS
    assert "deployments.status" in status._command
    assert "hidden-word" not in " ".join(status._command)


def test_a_watcher_that_will_not_stay_ends_no_stack(tmp_path: Path) -> None:
    supervisor = Supervisor(Layout(tmp_path), {})
    for name in (STATUS, "other"):
        supervisor._restarts[name] = [time.monotonic()] * MAX_RESTARTS
    dead = [sys.executable, "-c", "raise SystemExit(3)"]
    supervisor._restart(Service(STATUS, dead, {}, tmp_path))
    with pytest.raises(Unavailable, match="other"):
        supervisor._restart(Service("other", dead, {}, tmp_path))
