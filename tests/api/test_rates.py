"""How often something may happen: counted here, or in a Redis that several share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import redis

from api.doors import rates
from api.doors.rates import Rate, Rates
from reels.errors import LimitReached
from tests.redis_kit import RedisServer, running_redis

FIVE = Rate.of("changes", "5/hour")


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture(params=["own", "redis"])
async def counts(request: pytest.FixtureRequest) -> AsyncIterator[Rates]:
    url = ""
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        with redis.Redis(port=server.port) as client:
            client.flushall()
        url = server.url
    found = Rates(url)
    yield found
    await found.close()


async def test_what_happens_too_often_is_refused_with_the_time_to_come_back(counts: Rates) -> None:
    left = [standing.left for _ in range(5) if (standing := await counts.hit(FIVE, "ann", "/a"))]

    with pytest.raises(LimitReached) as refused:
        await counts.hit(FIVE, "ann", "/a")

    assert left == [4, 3, 2, 1, 0]
    assert 0 < refused.value.retry_after_s <= 7200
    assert "5 in 3600 s" in refused.value.message


async def test_names_are_counted_apart(counts: Rates) -> None:
    for _ in range(5):
        await counts.hit(FIVE, "ann", "/a")

    for names in (("bob", "/a"), ("ann", "/b")):
        standing = await counts.hit(FIVE, *names)
        assert standing is not None
        assert standing.left == 4


async def test_of_many_at_once_as_many_pass_as_may(counts: Rates) -> None:
    answers = await asyncio.gather(
        *(counts.hit(FIVE, "ann") for _ in range(40)), return_exceptions=True
    )

    assert sum(not isinstance(each, LimitReached) for each in answers) == 5


async def test_to_ask_counts_nothing(counts: Rates) -> None:
    for _ in range(9):
        await counts.require(FIVE, "ann")
    for _ in range(5):
        await counts.hit(FIVE, "ann")

    with pytest.raises(LimitReached):
        await counts.require(FIVE, "ann")


async def test_of_two_limits_the_tightest_is_told_and_holds(counts: Rates) -> None:
    both = Rate.of("changes", "3/hour;100/day")

    standing = await counts.hit(both, "ann")
    assert standing is not None
    assert standing.headers()["RateLimit-Policy"] == '"changes";q=3;w=3600'
    assert standing.headers()["RateLimit"].startswith('"changes";r=2;t=')


async def test_without_a_notation_there_is_no_limit(counts: Rates) -> None:
    assert await counts.hit(Rate.of("reads", ""), "ann") is None


async def test_a_short_window_opens_again(counts: Rates) -> None:
    brief = Rate.of("changes", "2/second")
    refused: LimitReached | None = None
    while refused is None:
        try:
            await counts.hit(brief, "ann")
        except LimitReached as error:
            refused = error

    await asyncio.sleep(min(refused.retry_after_s, 2.0))

    assert await counts.hit(brief, "ann") is not None


async def test_processes_that_share_a_redis_share_the_limit(redis_server: RedisServer) -> None:
    one, other = Rates(redis_server.url), Rates(redis_server.url)
    for each in (one, other, one, other, one):
        await each.hit(FIVE, "shared")

    with pytest.raises(LimitReached):
        await other.hit(FIVE, "shared")
    await one.close()
    await other.close()


async def test_without_the_redis_a_process_counts_for_itself_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rates, "_AWAY_S", 0.0)
    with running_redis() as server, caplog.at_level(logging.WARNING, "api"):
        counts = Rates(server.url)
        await counts.hit(FIVE, "ann")
        server.stop()
        for _ in range(5):
            await counts.hit(FIVE, "ann")
        with pytest.raises(LimitReached):
            await counts.hit(FIVE, "ann")
        server.start()
        back = await counts.hit(FIVE, "ann")
        await counts.close()

    assert back is not None
    assert back.left == 4
    assert len(caplog.records) == 2
    assert str(server.port) not in caplog.text


async def test_the_memory_of_counts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST_COUNTS", 10)
    counts = Rates()
    for number in range(100):
        await counts.hit(FIVE, str(number))

    assert len(counts._own.storage._counts) == 10  # type: ignore[attr-defined]
