"""On a stack that is up: what operators do by hand works, from the command line."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from deployments.pools import REPOSITORY, pools
from deployments.stack import Stack, running_stack
from tests.deployments.conftest import until

pytestmark = pytest.mark.slow
BODY = {"text": "Tea is a leaf. It is dried.", "language": "en", "music": "none"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("ops")) as running:
        yield running


def reelwright(stack: Stack, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {"VIDEO_SERVICE_DATA_DIR": str(stack.layout.data_dir)}
    given = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "VIDEO_"))}
    return subprocess.run(
        [sys.executable, "-m", "deployments.ops", *words],
        cwd=REPOSITORY,
        env={**given, **own, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def said(stack: Stack, *words: str) -> str:
    ran = reelwright(stack, *words)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_doctor_finds_all_well_down_to_the_engines(stack: Stack) -> None:
    until(lambda: "warn keeper" not in said(stack, "doctor"), "a keeper is at work", 60)
    lines = said(stack, "doctor").splitlines()
    assert {line.split()[0] for line in lines} == {"ok"}, lines
    names = {line.split(maxsplit=1)[1].partition(":")[0] for line in lines}
    assert {"prefect", "deployments", "keeper", "engines", "store", "links", "deletion"} <= names
    assert {f"pool {pool.name}" for pool in pools()} <= names


def test_jobs_of_all_are_listed_approved_cancelled_and_retried(stack: Stack) -> None:
    with httpx.Client(
        base_url=stack.addresses.api_url, headers={"X-User-ID": "ann"}, trust_env=False
    ) as ann:
        job = ann.post("/videos", json=BODY).raise_for_status().json()["job_id"]

        def review() -> object:
            return ann.get(f"/videos/{job}").json()["review"]

        until(lambda: bool(review()), "the draft waits", 120)
        listed = said(stack, "jobs", "--status", "draft_review", "--user", "ann")
        assert job in listed
        assert "draft 1" in listed
        assert said(stack, "jobs", "--user", "bob") == "No such jobs.\n"

        early = reelwright(stack, "approve", job, "subtitles")
        assert (early.returncode, early.stdout) == (1, "")
        assert early.stderr.startswith("error: ")
        assert "draft approved" in said(stack, "approve", job, "draft")
        assert f"cancelled: {job}" in said(stack, "cancel", job)
        until(lambda: ann.get(f"/videos/{job}").json()["status"] == "cancelled", "it ends")
        assert f"tried again: {job}" in said(stack, "retry", job)
        until(lambda: ann.get(f"/videos/{job}").json()["status"] != "cancelled", "it goes on")


def test_a_stack_that_runs_is_backed_up_and_not_restored_over(stack: Stack, tmp_path: Path) -> None:
    file, other = tmp_path / "stack.tar", tmp_path / "other"
    assert "Keys are in it." in said(stack, "backup", str(file))
    refused = reelwright(stack, "restore", str(file))
    assert (refused.returncode, "Another stack uses" in refused.stderr) == (1, True)
    brought = reelwright(stack, "restore", str(file), VIDEO_SERVICE_DATA_DIR=str(other))
    assert brought.returncode == 0, brought.stderr
    places = [each / "prefect" / "prefect.db" for each in (stack.layout.data_dir, other)]
    counts = []
    for place in places:
        with closing(sqlite3.connect(place)) as database:
            counts.append(database.execute("select count(*) from deployment").fetchone())
    assert counts[0] == counts[1] != (0,)
    assert (other / "store").is_dir()
