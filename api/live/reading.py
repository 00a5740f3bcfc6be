"""Jobs as `GET /videos/{id}` answers them, from memory for as long as nothing happens to them."""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Final, NamedTuple, Self
from uuid import UUID, uuid4

from starlette.responses import Response

from api.films.models import FilmState
from api.identity import Caller
from api.identity.rights import require_sight
from api.jobs.history import JobRecord
from api.jobs.progress import is_working
from api.live.flights import Flights
from api.live.live import Live
from api.memory import Memory
from api.memory.steady import SteadyMemory
from api.metrics import CACHE_READS
from api.models import Job
from reels.errors import NotFound

#: An answer's life while nothing but a change of state can change it, which is heard of.
QUIET_S: Final = 60.0
#: While the job works: progress and artifacts come without a change of state.
WORKING_S: Final = 2.0
#: While Prefect's events are away, and of what there is not.
SHORT_S: Final = 1.0
#: How long others may not keep what they had begun to read before a person's own action.
HELD_S: Final = 5.0
#: A part of the links' life in which an answer is kept, so that they are never nearly over.
_OF_LINKS: Final = 0.1

_QUERY: Final = re.compile(rb'\?[^"]*"')
_NOBODY: Final = ""

#: Makes the whole answer of a job.
View = Callable[[JobRecord], Awaitable[Job | FilmState]]


class Answer(NamedTuple):
    """A job's JSON as it was at `at` (Unix seconds), and whose it is; nobody's when there is none.

    `etag` stays the same while nothing but the links' signatures changes, and while those
    are good for half their life at least.
    """

    owner: str
    etag: str
    at: float
    body: bytes

    def pack(self) -> bytes:
        return f"{self.owner}\n{self.etag}\n{self.at}\n".encode() + self.body

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        owner, etag, at, body = packed.split(b"\n", 3)
        return cls(owner.decode(), etag.decode(), float(at), body)


class Reader:
    """Answers of all jobs. The memory may be one that several API processes share.

    Each process hears Prefect's events and drops what they name. An answer is not kept when
    its job was named while it was read, and none is before `start`, as nobody listens yet.
    `links_s` is the life of the links in an answer, which are in the fields `links`. Readers
    of other answers of the same jobs have other rooms.
    """

    def __init__(
        self,
        live: Live,
        memory: Memory,
        links_s: float,
        *,
        room: str = "job",
        links: Collection[str] = ("artifacts",),
    ) -> None:
        self._room = room
        self._links = set(links)
        self._live = live
        self._memory = SteadyMemory(memory)
        self._links_s = links_s
        self._flights: Flights[UUID, Answer] = Flights()
        self._named: set[UUID] = set()
        self._are_named = asyncio.Event()
        self._dropping: asyncio.Task[None] | None = None
        live.follow(self._drop_soon)

    def start(self) -> None:
        self._dropping = asyncio.create_task(self._drop())

    async def close(self) -> None:
        if self._dropping is not None:
            self._dropping.cancel()
            await asyncio.gather(self._dropping, return_exceptions=True)
        await self._memory.close()

    async def read(self, asker: Caller, job_id: UUID, view: View) -> Answer:
        """The job as it is, or was a moment ago.

        Raises:
            NotFound: there is no such job, or it is none that `asker` sees.
            Unavailable: it is not in the memory, and Prefect does not answer.
        """
        answer = await self._kept(job_id) if self._dropping else None
        CACHE_READS.labels("miss" if answer is None else "hit").inc()
        if answer is None:
            answer = await self._flights.join(job_id, lambda: self._make(job_id, view))
        if answer.owner == _NOBODY:
            raise NotFound(f"There is no video {job_id}.")
        require_sight(asker, answer.owner, f"video {job_id}")
        return answer

    @asynccontextmanager
    async def changing(self, job_id: UUID) -> AsyncIterator[None]:
        """Around what a caller does to a job: its own next reading shows what it did."""
        try:
            yield
        finally:
            self._live.name(job_id)
            await self._memory.put(_held(job_id), uuid4().bytes, HELD_S)
            await self._memory.drop(self._key(job_id))

    async def _kept(self, job_id: UUID) -> Answer | None:
        packed = await self._memory.get(self._key(job_id))
        if packed is None:
            return None
        answer = Answer.unpack(packed)
        heard_since = self._live.hears_since
        if heard_since is None or answer.at < heard_since:
            is_good = time.time() - answer.at < SHORT_S
        else:
            is_good = True
        named_at = max(self._live.named.at(job_id), self._memory.reliable_since)
        return answer if is_good and answer.at > named_at else None

    async def _make(self, job_id: UUID, view: View) -> Answer:
        at, tick = time.time(), self._live.named.now
        held = await self._memory.get(_held(job_id))
        try:
            job: JobRecord | None = (await self._live.past(job_id)).job
        except NotFound:
            job = None
        answer = self._answer(await view(job), at) if job else Answer(_NOBODY, "", at, b"")
        was_acted_on = held != await self._memory.get(_held(job_id))
        if self._dropping and not was_acted_on and not self._live.named.since(job_id, tick):
            await self._memory.put(self._key(job_id), answer.pack(), self._life_s(job))
        return answer

    def _answer(self, job: Job | FilmState, at: float) -> Answer:
        links = job.model_dump_json(include=self._links, by_alias=True).encode()
        rest = job.model_dump_json(exclude=self._links).encode()
        digest = hashlib.sha256(rest + _QUERY.sub(b'"', links))
        digest.update(str(int(at / self._links_s * 2)).encode())
        body = job.model_dump_json(exclude_unset=True, by_alias=True).encode()
        return Answer(job.user_id, f'W/"{digest.hexdigest()[:24]}"', at, body)

    def _life_s(self, job: JobRecord | None) -> float:
        if job is None or self._live.hears_since is None:
            return min(SHORT_S, self._links_s * _OF_LINKS)
        # Not all at once: what was read together need not be read again together.
        life_s = WORKING_S if is_working(job) else QUIET_S * random.uniform(0.8, 1.2)
        return min(life_s, self._links_s * _OF_LINKS)

    def _drop_soon(self, job_id: UUID | None) -> None:
        if job_id is None:
            self._flights.leave_all()
            return
        self._flights.leave(job_id)
        self._named.add(job_id)
        self._are_named.set()

    async def _drop(self) -> None:
        """What is kept of a named job counts no more here; other processes are to know too."""
        while True:
            await self._are_named.wait()
            self._are_named.clear()
            named, self._named = self._named, set()
            await self._memory.drop(*map(self._key, named))

    def _key(self, job_id: UUID) -> str:
        return f"{self._room}:{job_id}"


def _held(job_id: UUID) -> str:
    return f"job-held:{job_id}"


def answer_response(answer: Answer, if_none_match: str, headers: Mapping[str, str]) -> Response:
    """The answer over HTTP; without its body for who has it already."""
    named = {"ETag": answer.etag, "Cache-Control": "private, no-cache", **headers}
    known = [each.strip() for each in if_none_match.split(",")]
    if answer.etag in known or "*" in known:
        return Response(status_code=304, headers=named)
    return Response(answer.body, media_type="application/json", headers=named)
