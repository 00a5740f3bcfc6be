"""Cleaning the cache leaves what jobs name that may still need it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from blocks.local_store import LocalStore
from flows.prune_cache import needed_keys, pruned
from tests.flows.conftest import Videos

DAY_S = 86_400.0
WAIT_S = 7 * DAY_S


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    made = LocalStore(tmp_path, public_url="http://videos.test", secret=b"of the tests")
    for name in ("finished", "waiting", "given-up", "nobodys"):
        made.put(f"cache/speech/{name}.wav", name.encode())
        made.put(f"cache/speech/{name}.record.json", b"{}")
    made.put("videos/ann/1/manifest.json", _naming("finished"))
    made.put("videos/ann/1/plan.json", _naming("nobodys"))
    made.put("videos/ben/2/plan.json", _naming("waiting"))
    made.put("videos/ben/3/plan.json", _naming("given-up"))
    for path in (*tmp_path.glob("cache/speech/*"), tmp_path / "videos/ben/3/plan.json"):
        long_ago = time.time() - 40 * DAY_S
        os.utime(path, (long_ago, long_ago))
    return made


def _naming(name: str) -> bytes:
    return f'{{"audio": {{"key": "cache/speech/{name}.wav"}}}}'.encode()


def test_finished_jobs_need_what_their_manifests_name_and_others_all_that_they_name(
    store: LocalStore,
) -> None:
    needed = needed_keys(store, time.time(), WAIT_S)
    assert needed == {"cache/speech/finished.wav", "cache/speech/waiting.wav"}


def test_what_is_old_and_needed_by_nobody_is_gone_with_its_records(store: LocalStore) -> None:
    done = pruned(store, 30 * DAY_S, None)
    assert (done.objects, done.objects_gone) == (8, 4)
    assert set(store.sizes("cache")) == {
        f"cache/speech/{name}" + suffix
        for name in ("finished", "waiting")
        for suffix in (".wav", ".record.json")
    }
    assert pruned(store, 30 * DAY_S, None).objects_gone == 0


def test_a_cache_that_is_young_and_small_enough_stays(store: LocalStore) -> None:
    assert pruned(store, 50 * DAY_S, 10_000).objects_gone == 0


@pytest.mark.slow
def test_ops_can_run_it_and_read_what_it_did(videos: Videos) -> None:
    deployment = videos.prefect.get("/deployments/name/prune-cache/default").json()
    assert [schedule["active"] for schedule in deployment["schedules"]] == [True]
    path = f"/deployments/{deployment['id']}/create_flow_run"
    run = videos.prefect.post(path, json={"parameters": {"keep_days": 1}}).json()["id"]
    ended = videos.wait(
        lambda: (found := videos.run(run))["state_type"] in {"COMPLETED", "FAILED"} and found,
        "the cache to be pruned",
    )
    assert ended["state_type"] == "COMPLETED"
    assert "objects are gone" in ended["state"]["message"]
