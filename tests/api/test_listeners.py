"""Many at once: 500 who listen to one process, and 1,000 who ask it again and again."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from prefect.states import Completed
from websockets.asyncio.client import connect

from blocks.local_store import LocalStore
from tests.api.conftest import StageHand
from tests.api.serving_kit import Served, serving

LISTENERS = 500
POLLERS = 1_000
POLL_S = 3.0
#: Ten times what is promised, on a machine that has other things to do.
HEARD_S = 3.0


@pytest.fixture
async def process_port(prefect_url: str, tmp_path: Path) -> AsyncIterator[int]:
    """The API as it is deployed: a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {
        "PREFECT_API_URL": prefect_url,
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "VIDEO_SERVICE_DATA_DIR": str(tmp_path / "data"),
        "VIDEO_SERVICE_STORE": "local",
        "VIDEO_SERVICE_LISTENERS_PER_USER": str(LISTENERS),
        "VIDEO_SERVICE_RATE_READS": "",
    }
    command = [sys.executable, "-m", "deployments.serve_api", "--port", str(port)]
    server = subprocess.Popen(command, env=os.environ | environment)
    try:
        async with httpx.AsyncClient() as client, asyncio.timeout(60):
            while True:
                try:
                    await client.get(f"http://127.0.0.1:{port}/health")
                    break
                except httpx.TransportError:
                    assert server.poll() is None, "the API ended while it started"
                    await asyncio.sleep(0.1)
        yield port
    finally:
        server.terminate()
        assert server.wait(10) is not None


async def stream(port: int, job: str, hear: Callable[[str], None]) -> None:
    """Tell of each status that a stream of events tells, until it ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    asked = f"GET /videos/{job}/events HTTP/1.1\r\nHost: localhost\r\nX-User-ID: dev\r\n\r\n"
    writer.write(asked.encode())
    async for line in reader:
        if line.startswith(b"data: "):
            hear(json.loads(line[6:])["status"])
            if b'"ready"' in line:
                break
    writer.close()


async def listen(port: int, job: str, hear: Callable[[str], None]) -> None:
    """As `stream`, over a WebSocket."""
    url = f"ws://127.0.0.1:{port}/videos/{job}/ws"
    headers = {"X-User-ID": "dev"}
    async with connect(url, additional_headers=headers, compression=None) as listening:
        async for text in listening:
            hear(json.loads(text)["data"]["status"])


async def test_500_listeners_of_one_process_all_hear_each_change_soon(
    stage_hand: StageHand, process_port: int
) -> None:
    job = await stage_hand.new_job()
    heard: Counter[str] = Counter()

    def hear(status: str) -> None:
        heard[status] += 1

    async def all_hear(status: str) -> None:
        async with asyncio.timeout(30):
            while heard[status] < LISTENERS:
                await asyncio.sleep(0.005)

    kinds: list[Callable[..., Awaitable[None]]] = [stream, listen]
    listening = [
        asyncio.ensure_future(kinds[number % 2](process_port, job, hear))
        for number in range(LISTENERS)
    ]
    await all_hear("queued")
    await stage_hand.run(job)
    for stage in ("drafting", "assets", "audio"):
        began = time.monotonic()
        await stage_hand.enter(job, stage)
        await all_hear(stage)
        took_s = time.monotonic() - began
        print(f"{stage}: the last of {LISTENERS} heard after {1000 * took_s:.0f} ms")
        assert took_s < HEARD_S
    await stage_hand.set(job, Completed())
    await asyncio.wait_for(asyncio.gather(*listening), 30)
    assert set(heard.values()) == {LISTENERS}


async def poll(served: Served, jobs: list[str], ends: float) -> int:
    """Ask for one job after the other, once a second on one connection; returns how often."""
    reader, writer = await asyncio.open_connection(*served.url.removeprefix("http://").split(":"))
    count = 0
    while time.monotonic() < ends:
        path = f"/videos/{jobs[count % len(jobs)]}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-User-ID: dev\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 200"), head
        await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
        count += 1
        await asyncio.sleep(1)
    writer.close()
    return count


async def test_1000_polling_clients_do_not_reach_prefect(
    stage_hand: StageHand, prefect_url: str, store: LocalStore
) -> None:
    jobs = [await stage_hand.new_job() for _ in range(8)]
    await stage_hand.run(jobs[0], "drafting", "assets")
    async with serving(prefect_url, store) as served:
        before = served.gateway.requests
        ends = time.monotonic() + POLL_S
        counts = await asyncio.gather(*(poll(served, jobs[n % 8 :], ends) for n in range(POLLERS)))
        asked = served.gateway.requests - before
        print(f"{sum(counts)} reads of 8 jobs became {asked} requests to Prefect")
        assert sum(counts) >= POLLERS
        # Each job once, with its run, its states and two flows; the one that works every 2 s.
        assert 16 <= asked <= 50


async def test_many_foreign_and_unknown_ids_do_not_reach_prefect_twice(
    stage_hand: StageHand, prefect_url: str, store: LocalStore
) -> None:
    job, unknown = await stage_hand.new_job(user="ann"), uuid4()
    async with serving(prefect_url, store) as served, served.client() as client:
        for each in (job, unknown):
            assert (await client.get(f"/videos/{each}")).status_code == 404
            before = served.gateway.requests
            answers = await asyncio.gather(*(client.get(f"/videos/{each}") for _ in range(30)))
            assert {answer.status_code for answer in answers} == {404}
            assert served.gateway.requests - before <= 1
