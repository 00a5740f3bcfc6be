"""GET /videos/{id} from memory: never what a caller may not see, and never what is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from prefect.client.schemas.objects import StateType

from api.identity import Caller
from api.jobs.history import JobRecord
from api.live.live import Live
from api.live.reading import Answer, Reader, answer_response
from api.memory import Memory, OwnMemory
from api.models import Artifacts, Job, Links
from reels.errors import NotFound, Unavailable
from tests.api.hand_driven import HandDriven
from tests.api.serving_kit import until

DEV = Caller(user="dev")
LINKS_S = 3_600.0


async def view(job: JobRecord) -> Job:
    """The job, with a link that is signed anew each time."""
    own = f"http://videos.test/videos/{job.id}"
    links = Links(
        self=own, events=own, approve_draft=own, approve_subtitles=own, cancel=own, retry=own
    )
    return Job(
        job_id=job.id,
        user_id=job.user,
        status=job.status,
        progress=job.progress,
        title=job.name,
        created_at=job.created_at,
        review=job.review,
        stages=job.stages,
        artifacts=Artifacts(final=f"{own}/final.mp4?signature={uuid4().hex}"),
        error=job.error,
        links=links,
    )


@dataclass
class Process:
    """One API process: what it hears and what it answers."""

    source: HandDriven
    live: Live
    reader: Reader

    async def status(self, job_id: UUID, asker: Caller = DEV) -> str:
        answer = await self.reader.read(asker, job_id, view)
        return Job.model_validate_json(answer.body).status


def process(source: HandDriven, memory: Memory, *, hears: bool = True) -> Process:
    live = Live(source)
    # As after the subscription has settled.
    live._hearing._since = time.time() if hears else None
    reader = Reader(live, memory, LINKS_S)
    reader.start()
    return Process(source, live, reader)


@pytest.fixture
async def one() -> AsyncIterator[Process]:
    made = process(HandDriven(), OwnMemory())
    yield made
    await made.reader.close()


async def test_a_job_is_read_once_for_all_until_an_event_names_it(one: Process) -> None:
    job = one.source.new_job()
    assert set(await asyncio.gather(*(one.status(job) for _ in range(50)))) == {"queued"}
    assert one.source.reads == 1
    one.live.hear(one.source.enter(job, StateType.RUNNING, "Drafting"))
    assert await one.status(job) == "drafting"
    assert one.source.reads == 2


async def test_what_was_read_before_an_event_is_not_kept_after_it(one: Process) -> None:
    job = one.source.new_job()
    one.source.gate.clear()
    early = asyncio.create_task(one.status(job))
    await until(lambda: one.source.reads == 1)
    one.live.hear(one.source.enter(job, StateType.RUNNING, "Drafting"))
    late = asyncio.create_task(one.status(job))
    await until(lambda: one.source.reads == 2)
    one.source.gate.set()
    await early
    assert await late == "drafting"
    assert await one.status(job) == "drafting"


async def test_an_event_that_comes_before_its_state_can_be_read_is_waited_for(
    one: Process,
) -> None:
    """Prefect tells of a state before it has written it down."""
    job = one.source.new_job()
    told = one.source.enter(job, StateType.RUNNING, "Drafting")
    unwritten = one.source.runs[job].pop()
    one.live.hear(told)
    asked = asyncio.create_task(one.status(job))
    await until(lambda: one.source.reads >= 2)
    one.source.runs[job].append(unwritten)
    assert await asked == "drafting"


async def test_an_event_whose_state_was_undone_holds_nobody_up_twice(one: Process) -> None:
    job = one.source.new_job()
    told = one.source.enter(job, StateType.RUNNING, "Drafting")
    one.source.runs[job].pop()
    one.live.hear(told)
    assert await asyncio.wait_for(one.status(job), 5) == "queued"
    reads = one.source.reads
    one.live.name(job)
    assert await one.status(job) == "queued"
    assert one.source.reads == reads + 1


async def test_only_who_sees_a_job_gets_it_from_the_memory(one: Process) -> None:
    job = one.source.new_job()
    assert await one.status(job) == "queued"
    for asker in (Caller(user="ann"), Caller(user="de"), Caller(user="")):
        with pytest.raises(NotFound):
            await one.status(job, asker)
    assert await one.status(job, Caller(user="ann", role="ops")) == "queued"
    assert one.source.reads == 1


async def test_what_there_is_not_is_asked_for_once_a_second_at_most(one: Process) -> None:
    unknown = uuid4()
    for _ in range(20):
        with pytest.raises(NotFound):
            await one.status(unknown)
    assert one.source.reads == 1


async def test_a_callers_own_action_shows_in_its_next_reading_before_any_event(
    one: Process,
) -> None:
    job = one.source.new_job()
    assert await one.status(job) == "queued"
    async with one.reader.changing(job):
        one.source.enter(job, StateType.CANCELLED, "Cancelled")
    assert await one.status(job) == "cancelled"


async def test_an_action_that_failed_may_have_changed_the_job_all_the_same(one: Process) -> None:
    job = one.source.new_job()
    assert await one.status(job) == "queued"

    async def cancel() -> None:
        async with one.reader.changing(job):
            one.source.enter(job, StateType.CANCELLED, "Cancelled")
            raise Unavailable("The answer was lost.")

    with pytest.raises(Unavailable):
        await cancel()
    assert await one.status(job) == "cancelled"


async def test_without_events_an_answer_lives_for_a_second(one: Process) -> None:
    job = one.source.new_job()
    one.live._hearing._since = None
    assert await one.status(job) == "queued"
    one.source.enter(job, StateType.RUNNING, "Drafting")
    assert await one.status(job) == "queued"
    async with asyncio.timeout(3):
        while await one.status(job) != "drafting":
            await asyncio.sleep(0.05)


async def test_after_a_gap_in_the_events_everything_is_read_anew(one: Process) -> None:
    job = one.source.new_job()
    assert await one.status(job) == "queued"
    one.source.enter(job, StateType.RUNNING, "Drafting")
    one.live.hear_of_gap()
    assert await one.status(job) == "drafting"


async def test_what_is_kept_is_answered_while_prefect_is_away(one: Process) -> None:
    job = one.source.new_job()
    assert await one.status(job) == "queued"
    one.source.is_away = True
    assert await one.status(job) == "queued"
    with pytest.raises(Unavailable):
        await one.status(one.source.new_job())


async def test_processes_that_share_a_memory_share_what_they_read_and_what_they_hear() -> None:
    source, memory = HandDriven(), OwnMemory()
    here, there = process(source, memory), process(source, memory)
    try:
        job = source.new_job()
        assert [await here.status(job), await there.status(job)] == ["queued", "queued"]
        assert source.reads == 1
        told = source.enter(job, StateType.RUNNING, "Drafting")
        here.live.hear(told)
        assert await here.status(job) == "drafting"
        assert await there.status(job) == "drafting"
        there.live.hear(told)
        assert await there.status(job) == "drafting"
    finally:
        await asyncio.gather(here.reader.close(), there.reader.close())


async def test_another_process_keeps_nothing_that_it_had_begun_to_read_before_an_action() -> None:
    source, memory = HandDriven(), OwnMemory()
    here, there = process(source, memory), process(source, memory)
    try:
        job = source.new_job()
        source.gate.clear()
        early = asyncio.create_task(there.status(job))
        await until(lambda: source.reads == 1)
        async with here.reader.changing(job):
            source.enter(job, StateType.CANCELLED, "Cancelled")
        source.gate.set()
        assert await early == "queued"
        assert await here.status(job) == "cancelled"
        assert await there.status(job) == "cancelled"
    finally:
        await asyncio.gather(here.reader.close(), there.reader.close())


async def test_an_answers_tag_stays_while_only_signatures_change(one: Process) -> None:
    job = one.source.new_job()
    first = await one.reader.read(DEV, job, view)
    one.live.name(job)
    second = await one.reader.read(DEV, job, view)
    assert first.body != second.body
    assert first.etag == second.etag
    one.live.hear(one.source.enter(job, StateType.RUNNING, "Drafting"))
    assert (await one.reader.read(DEV, job, view)).etag != first.etag


async def test_an_answers_tag_changes_before_its_links_are_half_over(one: Process) -> None:
    source = one.source
    job = (await source.past(source.new_job())).job
    shown = await view(job)
    tags = [one.reader._answer(shown, at).etag for at in (0.0, 1_700.0, 1_801.0)]
    assert tags[0] == tags[1] != tags[2]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("", 200),
        ('W/"a"', 304),
        ('W/"b"', 200),
        ('W/"b", W/"a"', 304),
        ("*", 304),
        ('W/"', 200),
        (",,", 200),
    ],
)
def test_who_has_the_answer_already_gets_none(given: str, status: int) -> None:
    answer = Answer("dev", 'W/"a"', 0.0, b"{}")
    response = answer_response(answer, given, {})
    assert response.status_code == status
    assert response.body == (b"" if status == 304 else b"{}")
    assert response.headers["ETag"] == 'W/"a"'
    assert response.headers["Cache-Control"] == "private, no-cache"


def test_an_answer_comes_out_of_its_packing_as_it_went_in() -> None:
    answer = Answer("anna@example.org", 'W/"a"', 1_790_000_000.123456, "чай\n\n{}".encode())
    assert Answer.unpack(answer.pack()) == answer
