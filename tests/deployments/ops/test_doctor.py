"""The doctor finds what is missing, says what to do, and ends with 1 where a job would fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from blocks.local_store import LocalStore
from deployments.ops import cli, doctor, machine_checks, prefect_checks, provider_checks
from deployments.ops.finding import Finding, House
from deployments.ops.store_checks import examine_store, store
from reels.errors import StoreUnavailable
from reels.fonts import Face

NOWHERE = House({})


def levels(findings: Any) -> dict[str, str]:
    return {finding.name: finding.level for finding in findings}


def only(findings: Any) -> Finding:
    (found,) = findings
    return found  # type: ignore[no-any-return]


def test_memory_that_does_not_do_for_a_render_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_WORKER_MEMORY_MB", "100000")
    assert only(machine_checks.memory(NOWHERE)).level == "ok"
    monkeypatch.setenv("VIDEO_SERVICE_WORKER_MEMORY_MB", "100")
    found = only(machine_checks.memory(NOWHERE))
    assert (found.level, found.remedy != "") == ("warn", True)
    assert "100 MB for the latter two, and a render may come to" in found.message


def test_without_a_stack_it_says_how_to_start_one_and_that_is_no_failure(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} == {"ok", "warn"}
    assert any(line.startswith("warn prefect:") and "make up" in line for line in lines)
    assert not home.exists()


@pytest.mark.parametrize(
    ("setting", "value", "line"),
    [
        ("TTS_PROVIDER", "elevenlabs,espeak", "no key for elevenlabs"),
        ("TTS_PROVIDER", "parrot", "There is no 'parrot'"),
        ("STORYBOARD_PROVIDER", ",", "is empty"),
        ("TEXT2IMG_PROVIDER", "gemini", "no key for gemini"),
        ("TEXT2IMG_PROVIDER", "stock_clip", "No stock library has a key"),
        ("STOCK_PROVIDER", "attic", "no stock library"),
        ("PORT", "many", "VIDEO_SERVICE_PORT"),
    ],
)
def test_what_the_settings_ask_for_and_is_not_there_is_a_failure(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    setting: str,
    value: str,
    line: str,
) -> None:
    monkeypatch.setenv(f"VIDEO_SERVICE_{setting}", value)
    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert any(each.startswith("fail") and line in each for each in said.splitlines()), said


def test_a_key_is_enough_for_its_chain_and_is_not_shown(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_TTS_PROVIDER", "elevenlabs,espeak")
    monkeypatch.setenv("VIDEO_SERVICE_ELEVENLABS_API_KEY", "k-secret")
    monkeypatch.setenv("VIDEO_SERVICE_PEXELS_API_KEY", "p-secret")
    found = list(provider_checks.providers(NOWHERE))
    assert set(levels(found).values()) == {"ok"}
    told = " ".join(finding.message for finding in found)
    assert "elevenlabs (with a key), espeak" in told
    assert "pexels (with a key)" in told
    assert "secret" not in told


def test_a_font_that_is_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(machine_checks.fonts(NOWHERE)).level == "ok"
    monkeypatch.setattr(machine_checks, "FALLBACKS", (Face("Own", "Own.otf", 400),))
    found = only(machine_checks.fonts(NOWHERE))
    assert (found.level, "Own.otf" in found.message) == ("fail", True)


def test_a_feature_that_ffmpeg_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(machine_checks.ffmpeg_features(NOWHERE)).level == "ok"
    monkeypatch.setitem(machine_checks._FFMPEG_NEEDS, "filters", frozenset({"scale", "conjure"}))
    found = only(machine_checks.ffmpeg_features(NOWHERE))
    assert (found.level, "conjure of filters" in found.message) == ("fail", True)
    assert "scale" not in found.message


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("numpy>=1", ""),
        ("numpy<1", "numpy is"),
        ("reelwright-of-another-world", "is missing"),
        ("numpy<1; extra == 'dev'", ""),
    ],
)
def test_packages_are_held_to_what_is_asked_of_them(line: str, fault: str) -> None:
    found = machine_checks._fault_of(machine_checks.Requirement(line))
    assert fault in found
    assert bool(found) == bool(fault)


def test_a_disk_that_is_nearly_full_is_a_warning_and_one_that_is_no_directory_a_failure(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert only(machine_checks.data_directory(NOWHERE)).level == "ok"
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**9))
        assert only(machine_checks.data_directory(NOWHERE)).level == "warn"
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VIDEO_SERVICE_DATA_DIR", str(tmp_path / "file"))
    assert only(machine_checks.data_directory(NOWHERE)).level == "fail"


def test_a_store_is_written_read_and_left_as_it_was(home: Path) -> None:
    opened = LocalStore(home, public_url="http://127.0.0.1:9", secret=b"s")
    assert levels(examine_store(opened)) == {"store": "ok", "links": "warn", "deletion": "ok"}
    assert opened.list("") == []


class Forgetful(LocalStore):
    """Deletes nothing."""

    def delete(self, key: str) -> None:
        pass


class Garbling(LocalStore):
    def read(self, key: str) -> bytes:
        return super().read(key)[1:]


class Closed(LocalStore):
    def put(self, *_: Any, **__: Any) -> Any:
        raise StoreUnavailable("It is closed.", remedy="Open it.")


@pytest.mark.parametrize(
    ("kind", "name", "level"),
    [(Forgetful, "deletion", "warn"), (Garbling, "store", "fail"), (Closed, "store", "fail")],
)
def test_a_store_that_does_otherwise_is_found_out(
    home: Path, kind: Callable[..., LocalStore], name: str, level: str
) -> None:
    opened = kind(home, public_url="http://127.0.0.1:9", secret=b"s")
    assert levels(examine_store(opened))[name] == level


def test_s3_without_a_bucket_is_a_failure_that_names_the_setting(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_STORE", "s3")
    found = only(store(NOWHERE))
    assert (found.level, "VIDEO_SERVICE_S3_BUCKET" in found.message) == ("fail", True)


def test_a_server_that_does_not_answer_is_a_failure() -> None:
    found = only(prefect_checks.prefect(House({}, "http://127.0.0.1:9/api")))
    assert (found.level, "PREFECT_API_URL" in found.remedy) == ("fail", True)


@pytest.mark.parametrize(
    ("environment", "header"),
    [
        ({}, None),
        ({"PREFECT_API_AUTH_STRING": "a:b"}, "Basic YTpi"),
        ({"PREFECT_API_KEY": "k", "PREFECT_API_AUTH_STRING": "a:b"}, "Bearer k"),
    ],
)
def test_it_proves_who_it_is_as_prefects_clients_do(
    environment: Mapping[str, str], header: str | None
) -> None:
    assert prefect_checks._headers(House(environment)).get("Authorization") == header


def test_a_check_that_breaks_does_not_hide_the_others(home: Path) -> None:
    def broken(_house: House) -> list[Finding]:
        raise OSError("no such device")

    def good(_house: House) -> list[Finding]:
        return [Finding("ok", "good", "fine")]

    found = levels(doctor.examine(None, [broken, good]))
    assert found == {"settings": "ok", "broken": "fail", "good": "ok"}


def test_a_finding_is_one_line_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(width=40)
    assert doctor.show(console, [Finding("warn", "x", "a\n[red]b[/red] " * 20, "Do it.")])
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("warn x: a [red]b[/red] a")
    assert not doctor.show(console, [Finding("fail", "x", "a"), Finding("ok", "y", "b")])


def test_a_running_stack_is_adopted_before_prefect_reads_its_settings() -> None:
    """Read without an address, Prefect would start a server of its own and call home."""
    words = "import deployments.ops.doctor, deployments.ops.target, sys; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert "deployments.ops.prefect_checks" in told.stdout.split()
    assert "prefect" not in told.stdout.split()
