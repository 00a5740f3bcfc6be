"""A cached task works once for the same inputs, and its result is worth what it says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import BaseModel

from blocks.registry import load_store
from flows import caching
from flows.caching import artifact_key, artifacts_in, cached_task, lock_directory
from reels.artifacts import content_key
from reels.errors import ReelsError
from reels.models import ArtifactRef, SpeechRef, VisualRef, Word
from reels.services.base import TaskResult

from .cached_work import speak

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_environment", "data_dir")]

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Gets a line each time the task really works."""
    path = tmp_path / "journal"
    path.touch()
    return path


def times_worked(journal: Path) -> int:
    return len(journal.read_text().split())


def run(work: Callable[[], object]) -> None:
    """Run `work` inside a flow."""

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=8))
    def testing() -> None:
        work()

    testing()


def test_the_second_call_is_cached_and_loads_as_its_type(journal: Path) -> None:
    def work() -> None:
        first = speak("hello", journal=str(journal))
        state = speak("hello", journal=str(journal), return_state=True)
        assert state.name == "Cached"
        assert state.result() == first
        assert isinstance(first, SpeechRef)
        assert first.audio.key == "cache/test-speech/{}.wav".format(
            content_key("test-speech", "1", inputs={"line": "hello"})
        )

    run(work)
    run(work)
    assert times_worked(journal) == 1


def test_who_asks_does_not_count_but_what_for_does(journal: Path) -> None:
    def work() -> None:
        speak("hello", journal=str(journal), job_id="one")
        speak("hello", journal=str(journal), job_id="two")
        speak("good bye", journal=str(journal), job_id="two")

    run(work)
    assert times_worked(journal) == 2


def test_submitted_at_once_it_works_once_and_the_others_get_the_result(journal: Path) -> None:
    def work() -> None:
        futures = [speak.submit("hello", journal=str(journal), job_id=str(n)) for n in range(6)]
        assert len({future.result().audio.sha256 for future in futures}) == 1
        assert sorted(future.state.name for future in futures) == ["Cached"] * 5 + ["Completed"]

    run(work)
    assert times_worked(journal) == 1
    assert list(lock_directory().iterdir()) == []


def test_a_reference_whose_artifact_is_gone_is_made_again_once(journal: Path) -> None:
    def work() -> None:
        ref = speak("hello", journal=str(journal)).audio
        load_store().delete(ref.key)
        futures = [speak.submit("hello", journal=str(journal), job_id=str(n)) for n in range(4)]
        assert {future.result().audio for future in futures} == {ref}
        assert load_store().read(ref.key) == b"hello"

    run(work)
    assert times_worked(journal) == 2


def test_a_reference_whose_artifact_was_changed_is_made_again(journal: Path) -> None:
    def work() -> None:
        ref = speak("hello", journal=str(journal)).audio
        load_store().put(ref.key, b"something else")
        assert speak("hello", journal=str(journal)).audio == ref

    run(work)
    assert times_worked(journal) == 2


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        '{"__class__": "reels.models.Gone", "data": {}}',
        '{"__class__": "reels.models.SpeechRef", "data": {"sound": "of an older release"}}',
    ],
)
def test_a_result_that_cannot_be_loaded_is_made_again(
    journal: Path, damage: str, prefect_environment: dict[str, str]
) -> None:
    def work() -> None:
        ref = speak("hello", journal=str(journal)).audio
        kept = Path(prefect_environment["PREFECT_LOCAL_STORAGE_PATH"], ref.key.removesuffix(".wav"))
        assert kept.exists()
        kept.write_text(damage)
        assert speak("hello", journal=str(journal)).audio == ref
        kept.unlink()
        assert speak("hello", journal=str(journal)).audio == ref

    run(work)
    assert times_worked(journal) == 3


def test_a_failure_is_not_cached_and_retries_are_made(journal: Path) -> None:
    @cached_task(kind="test-moody", version="1", retries=2)
    def moody(journal: str) -> str:
        with Path(journal).open("a") as out:
            out.write("x\n")
        if times_worked(Path(journal)) < 2:
            raise RuntimeError("not in the mood")
        return "done"

    def work() -> None:
        assert moody(str(journal)) == "done"
        assert moody(str(journal), return_state=True).name == "Cached"

    run(work)
    assert times_worked(journal) == 2


def test_what_was_only_made_because_a_service_was_down_is_not_for_others(journal: Path) -> None:
    @cached_task(kind="test-makeshift", version="1", ignore=["journal"])
    def paint(what: str, journal: str) -> TaskResult:
        with Path(journal).open("a") as out:
            out.write("x\n")
        is_down = times_worked(Path(journal)) == 1
        return TaskResult(kind="picture", degraded="The painter was away." if is_down else "")

    def work() -> None:
        assert paint("a cat", str(journal)).is_makeshift
        assert not paint("a cat", str(journal)).is_makeshift
        assert paint("a cat", str(journal), return_state=True).name == "Cached"

    run(work)
    assert times_worked(journal) == 2


def test_a_result_that_vanishes_while_it_is_read_is_made_again_by_the_retry(
    journal: Path, prefect_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = speak.with_options(retries=1)
    real = caching._check

    def check_then_lose(record: bytes) -> None:
        real(record)
        kept.unlink()

    def work() -> None:
        nonlocal kept
        ref = patient("hello", journal=str(journal)).audio
        kept = Path(prefect_environment["PREFECT_LOCAL_STORAGE_PATH"], ref.key.removesuffix(".wav"))
        monkeypatch.setattr(caching, "_check", check_then_lose)
        assert patient("hello", journal=str(journal)).audio == ref

    kept = Path()
    run(work)
    assert times_worked(journal) == 2


def test_kinds_and_versions_are_kept_apart(journal: Path) -> None:
    def made(kind: str, version: str) -> str:
        @cached_task(kind=kind, version=version)
        def make(line: str) -> str:
            return f"{kind}/{version}"

        return make(str(journal))

    def work() -> None:
        variants = [("test-a", "1"), ("test-a", "2"), ("test-b", "1")]
        assert [made(*each) for each in variants] == ["test-a/1", "test-a/2", "test-b/1"]

    run(work)


class Pictures(BaseModel):
    main: VisualRef
    others: dict[str, tuple[ArtifactRef, ...]]


def test_every_artifact_of_a_result_is_looked_for_however_deep(journal: Path) -> None:
    @cached_task(kind="test-pictures", version="1")
    def draw(journal: str, spec: dict[str, list[int]]) -> Pictures:
        with Path(journal).open("a") as out:
            out.write("x\n")
        main, other = (
            load_store().put(artifact_key(suffix), suffix.encode()) for suffix in (".png", ".jpg")
        )
        return Pictures(main=VisualRef(picture=main, provider="p"), others={"a": (other,)})

    def work() -> None:
        made = draw(str(journal), {"a": [1]})
        assert [ref.media_type for ref in artifacts_in(made)] == ["image/png", "image/jpeg"]
        assert draw(str(journal), {"a": [1]}) == made
        load_store().delete(made.others["a"][0].key)
        assert draw(str(journal), {"a": [1]}) == made

    run(work)
    assert times_worked(journal) == 2


def test_there_is_no_content_key_outside_a_cached_task() -> None:
    with pytest.raises(ReelsError, match="content key"):
        artifact_key(".wav")


def test_inputs_that_cannot_be_a_key_are_told_from_inside_the_task() -> None:
    @cached_task(kind="test-odd", version="1")
    def odd(thing: object) -> str:
        return artifact_key(".wav")

    def work() -> None:
        with pytest.raises(ReelsError, match="content key"):
            odd(object())

    run(work)


async def test_coroutines_are_cached_too(journal: Path) -> None:
    @cached_task(kind="test-async", version="1")
    async def listen(journal: str) -> SpeechRef:
        with Path(journal).open("a") as out:
            out.write("x\n")
        audio = load_store().put(artifact_key(".wav"), b"a")
        return SpeechRef(
            audio=audio, duration_s=1, provider="p", words=(Word(text="a", start_s=0, end_s=1),)
        )

    @flow
    async def testing() -> None:
        first = await listen(str(journal))
        assert await listen(str(journal)) == first
        load_store().delete(first.audio.key)
        assert await listen(str(journal)) == first

    await testing()
    assert times_worked(journal) == 2


class Elsewhere:
    """Starts `tests.flows.cached_work` in other processes."""

    def __init__(self, environment: dict[str, str], journal: Path, gate: Path) -> None:
        self.gate = gate
        self._journal = journal
        self._environment = os.environ | environment
        self._started: list[subprocess.Popen[str]] = []

    def start(self) -> subprocess.Popen[str]:
        """A process that is about to call the task."""
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.flows.cached_work",
                str(self._journal),
                "hello",
                str(self.gate),
            ],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "READY\n"
        return process

    def workers(self) -> list[int]:
        """The ids of the processes that have worked, in order."""
        return [int(pid) for pid in self._journal.read_text().split()]

    def wait_for_workers(self, count: int) -> None:
        deadline = time.monotonic() + 120
        while len(self.workers()) < count:
            assert time.monotonic() < deadline, f"only {self.workers()} worked"
            time.sleep(0.02)

    def stop(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()


@pytest.fixture
def elsewhere(
    prefect_environment: dict[str, str], journal: Path, tmp_path: Path
) -> Iterator[Elsewhere]:
    started = Elsewhere(prefect_environment, journal, tmp_path / "gate")
    yield started
    started.stop()


def answer(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return out.strip()


def test_of_two_processes_at_once_one_works_and_both_have_the_result(elsewhere: Elsewhere) -> None:
    both = [elsewhere.start(), elsewhere.start()]
    elsewhere.wait_for_workers(1)
    elsewhere.gate.touch()
    assert len({answer(each) for each in both}) == 1
    assert len(elsewhere.workers()) == 1


def test_when_the_one_that_works_is_killed_the_one_that_waits_takes_over(
    elsewhere: Elsewhere,
) -> None:
    both = {process.pid: process for process in (elsewhere.start(), elsewhere.start())}
    elsewhere.wait_for_workers(1)
    first = both.pop(elsewhere.workers()[0])
    os.kill(first.pid, signal.SIGKILL)
    elsewhere.wait_for_workers(2)
    elsewhere.gate.touch()
    [(second_pid, second)] = both.items()
    assert answer(second)
    assert elsewhere.workers() == [first.pid, second_pid]
    assert list(lock_directory().iterdir()) == []
