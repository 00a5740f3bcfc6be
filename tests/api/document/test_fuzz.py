"""The API does what its own document says, whatever is sent: schemathesis against a live one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.document.live import LiveApi

HERE = Path(__file__).parent
#: `make fuzz` takes longer.
TIME_S = int(os.environ.get("FUZZ_S", "60"))


@pytest.mark.slow
@pytest.mark.timeout(TIME_S + 120)
def test_schemathesis_finds_nothing_in_any_phase_with_every_check_on(live_api: LiveApi) -> None:
    """Examples, coverage, fuzzing and chains of requests, within a bounded time."""
    found = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", str(HERE / "schemathesis.toml")),
            *("run", f"{live_api.url}/openapi.json", "--checks", "all"),
            *("--phases", "examples,coverage,fuzzing,stateful", "--max-time", str(TIME_S)),
            # One worker: CPython 3.11 fails now and then when two threads parse source at once,
            # as Hypothesis does to describe its strategies ("recursion depth mismatch").
            *("--max-examples", os.environ.get("FUZZ_EXAMPLES", "12"), "--workers", "1"),
            *("--request-timeout", "20", "--warnings", "off", "--continue-on-failure"),
            *("--generation-database", "none", "--no-color"),
        ],
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": "tests.api.document.fuzz_hooks",
            "FUZZ_KEY": live_api.key,
        },
        cwd=HERE.parents[2],
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout[-20_000:] + found.stderr[-2_000:]
    assert live_api.errors() == []
