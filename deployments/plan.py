"""What the embedded stack consists of: every process, its command and when it is ready."""

from __future__ import annotations

import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deployments.engine.sockets import is_alive
from deployments.layout import Addresses, Layout
from deployments.pools import REPOSITORY, engine_client, pools
from deployments.service import Service

DEFINITIONS = REPOSITORY / "prefect.yaml"
#: What all processes but the server are forked from has imported all that they need.
NURSERY_PRELOAD = (
    "deployments.serve_api",
    "deployments.bootstrap",
    "prefect.workers.process",
    "prefect.cli.worker",
    "prefect.cli.deploy",
    "prefect.automations",
)


@dataclass(frozen=True)
class Planned:
    """A service and the test that says whether it is ready to be used."""

    service: Service
    is_ready: Callable[[], bool]


@dataclass(frozen=True)
class Plan:
    """The services by the order in which they depend on each other."""

    server: Planned
    nursery: Planned
    engines: tuple[Planned, ...]
    api: Planned
    workers: tuple[Service, ...]
    make_pools: Service
    make_blocks: Service
    make_deployments: Service


def make_plan(
    layout: Layout, addresses: Addresses, given: Mapping[str, str], definitions: Path = DEFINITIONS
) -> Plan:
    """Lay out all processes for these addresses; nothing is started."""
    environment = layout.environment(addresses, given)
    nursery = layout.sockets / "nursery.sock"

    def cold(name: str, *words: str) -> Service:
        return Service(name, [sys.executable, "-m", *words], environment, layout.logs)

    def warm(name: str, *words: str) -> Service:
        return Service(name, engine_client(nursery, *words), environment, layout.logs)

    flows = [name for pool in pools() for name in pool.preload]
    engines = [
        (
            warm(f"engine-{pool.name}", "deployments.engine.server", str(path), *preload),
            lambda path=path: is_alive(path),
        )
        for pool in pools()
        for path in [layout.sockets / f"{pool.name}.sock"]
        for preload in [("--preload", *pool.preload)]
    ]
    api_port, prefect_port = (_port(url) for url in (addresses.api_url, addresses.prefect_url))
    return Plan(
        server=Planned(
            cold("server", "deployments.server", "--port", prefect_port),
            lambda: answers(f"{addresses.prefect_api_url}/health"),
        ),
        nursery=Planned(
            cold(
                "nursery",
                "deployments.engine.server",
                str(nursery),
                *("--preload", *NURSERY_PRELOAD, *flows),
            ),
            lambda: is_alive(nursery),
        ),
        engines=tuple(Planned(service, ready) for service, ready in engines),
        api=Planned(
            warm("api", "deployments.serve_api", "--port", api_port),
            lambda: answers(f"{addresses.api_url}/health"),
        ),
        workers=tuple(
            warm(
                f"worker-{pool.name}",
                *("prefect", "worker", "start", "--type", "process", "--pool", pool.name),
                *("--name", f"{pool.name}-worker", "--limit", str(pool.limit)),
            )
            for pool in pools()
        ),
        make_pools=warm(
            "pools",
            *("deployments.bootstrap", "recovery", "pools", "--sockets", str(layout.sockets)),
        ),
        make_blocks=warm("blocks", "deployments.bootstrap", "blocks"),
        make_deployments=warm(
            "deployments",
            *("prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(definitions)),
        ),
    )


def free_addresses(api_port: int = 0, prefect_port: int = 0) -> Addresses:
    """Loopback addresses; a port that is 0 is picked among the free ones."""
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", api_port))
        second.bind(("127.0.0.1", prefect_port))
        api, prefect = (held.getsockname()[1] for held in (first, second))
    return Addresses(f"http://127.0.0.1:{api}", f"http://127.0.0.1:{prefect}")


def answers(url: str) -> bool:
    """Whether a GET of a loopback address is answered with success."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as response:
            return bool(response.status < 300)
    except (OSError, urllib.error.URLError):
        return False


def _port(url: str) -> str:
    return url.rpartition(":")[2]
