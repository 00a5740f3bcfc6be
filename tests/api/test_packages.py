"""Films by their addresses: one run for an address of a user, whatever way it is written."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import State, StateType

from api.identity.base import Caller
from api.jobs.gateway import PrefectGateway
from api.jobs.history import JobRecord
from api.jobs.listing import Wanted
from reels.errors import Conflict, InvalidInput
from reels.film import HlsRequest


def asked(url: str, title: str = "A film") -> HlsRequest:
    return HlsRequest(title=title, url=url)


async def test_a_film_becomes_a_run_that_is_a_job_like_every_other(
    gateway: PrefectGateway, prefect: PrefectClient
) -> None:
    job = await gateway.create_package("ann", asked("https://a.example/one.mp4", "Фильм 😀"))

    run = await prefect.read_flow_run(job.id)
    assert run.parameters == {
        "title": "Фильм 😀",
        "url": "https://a.example/one.mp4",
        "user_id": "ann",
    }
    assert (job.name, job.user, job.status) == ("Фильм 😀", "ann", "queued")
    assert (await gateway.get(Caller(user="ann", role="user"), job.id)).id == job.id
    stopped = await gateway.cancel(Caller(user="ann", role="user"), job.id)
    assert stopped.status in ("cancelling", "cancelled")


async def test_the_same_address_is_refused_with_the_job_that_has_it(
    gateway: PrefectGateway,
) -> None:
    job = await gateway.create_package("ann", asked("https://a.example/two.mp4"))

    for url in ("HTTPS://A.example:443/x/../two.mp4#t=3", "https://a.example/tw%6F.mp4"):
        with pytest.raises(Conflict, match=str(job.id)):
            await gateway.create_package("ann", asked(url, "Another title"))
    other = await gateway.create_package("bob", asked("https://a.example/two.mp4"))
    assert other.id != job.id
    query = await gateway.create_package("ann", asked("https://a.example/two.mp4?v=2"))
    assert query.id != job.id


async def test_of_twelve_posts_at_once_one_is_taken(gateway: PrefectGateway) -> None:
    posts = (
        gateway.create_package("ann", asked("https://a.example/three.mp4", f"Title {number % 3}"))
        for number in range(12)
    )
    answers = await asyncio.gather(*posts, return_exceptions=True)

    taken = [answer for answer in answers if isinstance(answer, JobRecord)]
    refused = [answer for answer in answers if isinstance(answer, Conflict)]
    assert (len(taken), len(refused)) == (1, 11), answers
    assert all(str(taken[0].id) in error.message for error in refused)


@pytest.mark.parametrize("end", [StateType.FAILED, StateType.CANCELLED, StateType.CRASHED])
async def test_what_had_no_luck_can_be_given_again_and_again(
    gateway: PrefectGateway, prefect: PrefectClient, end: StateType
) -> None:
    film = asked(f"https://a.example/{end.value}.mp4")
    seen: list[UUID] = []
    for _ in range(3):
        job = await gateway.create_package("ann", film)
        with pytest.raises(Conflict, match=str(job.id)):
            await gateway.create_package("ann", film)
        over: State[None] = State(type=end)
        await prefect.set_flow_run_state(job.id, over, force=True)
        seen.append(job.id)

    assert len(set(seen)) == 3
    await gateway.retry(Caller(user="ann", role="user"), seen[0])
    with pytest.raises(Conflict, match=str(seen[0])):
        await gateway.create_package("ann", film)


async def test_an_address_that_is_none_names_its_field(gateway: PrefectGateway) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await gateway.create_package("ann", asked("https://ann@a.example/x.mp4"))
    assert refusal.value.field == "url"


async def test_packages_are_listed_with_the_other_jobs(gateway: PrefectGateway) -> None:
    job = await gateway.create_package("lister", asked("https://a.example/listed.mp4"))

    page = await gateway.list(Wanted(owner="lister"))
    assert [each.id for each in page.jobs] == [job.id]
