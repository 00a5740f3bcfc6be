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
from deployments.pools import REPOSITORY, Pool, engine_client, pools
from deployments.service import Service

#: The service that tells users' webhooks and status sinks; jobs can do without.
STATUS = "status"
DEFINITIONS = REPOSITORY / "prefect.yaml"
#: What all processes but the server are forked from has imported all that they need.
NURSERY_PRELOAD = (
    "deployments.serve_api",
    "deployments.bootstrap",
    "deployments.status.following",
    "deployments.keeper.keeper",
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
    status: Service
    keeper: Service
    workers: tuple[Service, ...]
    make_pools: Service
    make_blocks: Service
    make_deployments: Service
    cloud: Planned | None = None


def make_plan(
    layout: Layout, addresses: Addresses, given: Mapping[str, str], definitions: Path = DEFINITIONS
) -> Plan:
    """Lay out all processes for these addresses; nothing is started."""
    planner = _Planner(layout, addresses, layout.environment(addresses, given))
    return Plan(
        cloud=planner.cloud() if addresses.cloud_url else None,
        status=planner.warm(STATUS, "deployments.status"),
        keeper=planner.warm("keeper", "deployments.keeper"),
        server=planner.server(),
        nursery=planner.nursery(),
        engines=tuple(planner.engine(pool) for pool in pools()),
        api=planner.api(),
        workers=tuple(planner.worker(pool) for pool in pools()),
        make_pools=planner.warm(
            "pools",
            *("deployments.bootstrap", "recovery", "pools", "--sockets", str(layout.sockets)),
        ),
        make_blocks=planner.warm("blocks", "deployments.bootstrap", "blocks"),
        make_deployments=planner.warm(
            "deployments",
            *("prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(definitions)),
        ),
    )


@dataclass(frozen=True)
class _Planner:
    layout: Layout
    addresses: Addresses
    environment: dict[str, str]

    def cold(self, name: str, *words: str) -> Service:
        command = [sys.executable, "-m", *words]
        return Service(name, command, self.environment, self.layout.logs)

    def warm(self, name: str, *words: str) -> Service:
        """Forked from the nursery, or started cold while there is none."""
        command = engine_client(self._socket("nursery"), *words)
        return Service(name, command, self.environment, self.layout.logs)

    def server(self) -> Planned:
        url = self.addresses.prefect_url
        service = self.cold("server", "deployments.server", "--port", _port(url))
        return Planned(service, lambda: answers(f"{url}/api/health"))

    def cloud(self) -> Planned:
        url = self.addresses.cloud_url
        service = self.cold("cloud", "deployments.fake_cloud", "--port", _port(url))
        return Planned(service, lambda: answers(f"{url}/_fake/health"))

    def nursery(self) -> Planned:
        flows = [name for pool in pools() for name in pool.preload]
        return self._engine(self.cold, "nursery", "nursery", *NURSERY_PRELOAD, *flows)

    def engine(self, pool: Pool) -> Planned:
        return self._engine(self.warm, f"engine-{pool.name}", pool.name, *pool.preload, *pool.warm)

    def api(self) -> Planned:
        url = self.addresses.api_url
        service = self.warm("api", "deployments.serve_api", "--port", _port(url))
        return Planned(service, lambda: answers(f"{url}/health"))

    def worker(self, pool: Pool) -> Service:
        return self.warm(
            f"worker-{pool.name}",
            *("deployments.worker", "start", "--type", "process", "--pool", pool.name),
            *("--name", f"{pool.name}-worker", "--limit", str(pool.limit)),
        )

    def _engine(
        self, start: Callable[..., Service], name: str, socket: str, *preload: str
    ) -> Planned:
        path = self._socket(socket)
        words = ("deployments.engine.server", str(path), "--preload", *preload)
        return Planned(start(name, *words), lambda: is_alive(path))

    def _socket(self, name: str) -> Path:
        return self.layout.sockets / f"{name}.sock"


def free_addresses(
    api_port: int = 0, prefect_port: int = 0, *, with_cloud: bool = False
) -> Addresses:
    """Loopback addresses; a port that is 0 is picked among the free ones."""
    with socket.socket() as first, socket.socket() as second, socket.socket() as third:
        for held, port in ((first, api_port), (second, prefect_port), (third, 0)):
            # As servers do: connections of a stack that has just stopped do not count.
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind(("127.0.0.1", port))
        api, prefect, cloud = (
            f"http://127.0.0.1:{held.getsockname()[1]}" for held in (first, second, third)
        )
    return Addresses(api, prefect, cloud if with_cloud else "")


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


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
