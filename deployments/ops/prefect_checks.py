"""Of `reelwright doctor`: Prefect answers, and has all that jobs need."""

from __future__ import annotations

import base64
import importlib.metadata
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import yaml

from deployments.engine.sockets import is_alive
from deployments.keeper import OFFICE
from deployments.ops.finding import Finding, Findings, House
from deployments.ops.target import own_layout, trusts_environment
from deployments.plan import DEFINITIONS
from deployments.pools import pools

_TIMEOUT_S = 10.0
#: Its longest pause between two looks is a minute.
_KEEPER_SILENT = timedelta(seconds=90)
_BOOTSTRAP = "python -m deployments.bootstrap"


def prefect(house: House) -> Findings:
    """The server, its version, pools, workers, deployments and keeper."""
    if not house.prefect_url:
        message = "No stack is up in the data directory, and PREFECT_API_URL names no server."
        yield Finding("warn", "prefect", message, "Run `make up`, or set PREFECT_API_URL.")
        return
    with httpx.Client(
        base_url=house.prefect_url,
        headers=_headers(house),
        timeout=_TIMEOUT_S,
        trust_env=trusts_environment(house.prefect_url),
    ) as client:
        try:
            yield _server(client)
            yield from _pools(client)
            yield _deployments(client)
            yield _keeper(client)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
            yield Finding("fail", "prefect", f"{house.prefect_url}: {error!r:.300}", _remedy(error))


def engines(house: House) -> Findings:
    """The embedded stack's warm engines; without them runs start, only later."""
    if not house.is_embedded:
        return
    sockets = own_layout().sockets
    names = ["nursery", *(pool.name for pool in pools())]
    dead = [name for name in names if not is_alive(sockets / f"{name}.sock")]
    if dead:
        message = f"{', '.join(dead)} do not answer, so that runs start cold."
        yield Finding("warn", "engines", message, f"Look into {own_layout().logs}.")
    else:
        yield Finding("ok", "engines", f"{len(names)} warm engines answer")


def _headers(house: House) -> dict[str, str]:
    """As Prefect's own clients prove who they are."""
    if key := house.environment.get("PREFECT_API_KEY"):
        return {"Authorization": f"Bearer {key}"}
    if password := house.environment.get("PREFECT_API_AUTH_STRING"):
        return {"Authorization": f"Basic {base64.b64encode(password.encode()).decode()}"}
    return {}


def _remedy(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError) and error.response.status_code in (401, 403):
        return "Set PREFECT_API_AUTH_STRING to the server's PREFECT_SERVER_API_AUTH_STRING."
    return "Start the server, or mend PREFECT_API_URL; it ends in /api."


def _server(client: httpx.Client) -> Finding:
    theirs = str(client.get("/admin/version").raise_for_status().json())
    ours = importlib.metadata.version("prefect")
    if theirs != ours:
        message = f"The server is Prefect {theirs}, and here is {ours}."
        return Finding("fail", "prefect", message, "Run the same release everywhere.")
    return Finding("ok", "prefect", f"{theirs} at {client.base_url}")


def _pools(client: httpx.Client) -> Iterator[Finding]:
    for pool in pools():
        name = f"pool {pool.name}"
        answer = client.get(f"/work_pools/{pool.name}")
        if answer.status_code == 404:
            yield Finding("fail", name, "It does not exist.", f"{_BOOTSTRAP} pools")
            continue
        if answer.raise_for_status().json()["is_paused"]:
            remedy = f"prefect work-pool resume {pool.name}"
            yield Finding("fail", name, "It is paused: nothing of it starts.", remedy)
            continue
        online = _workers(client, pool.name)
        if online:
            yield Finding("ok", name, f"{len(online)} online: {', '.join(online)}")
        else:
            remedy = f"python -m deployments.worker start --type process --pool {pool.name}"
            yield Finding("fail", name, "No worker is online, so nothing of it starts.", remedy)


def _workers(client: httpx.Client, pool: str) -> list[str]:
    wanted = {"workers": {"status": {"any_": ["ONLINE"]}}, "limit": 200}
    answer = client.post(f"/work_pools/{pool}/workers/filter", json=wanted)
    return [str(worker["name"]) for worker in answer.raise_for_status().json()]


def _deployments(client: httpx.Client) -> Finding:
    missing, paused = [], []
    wanted = wanted_deployments()
    for name in wanted:
        answer = client.get(f"/deployments/name/{name}")
        if answer.status_code == 404:
            missing.append(name)
        elif answer.raise_for_status().json()["paused"]:
            paused.append(name)
    if missing:
        message = f"There is no {', '.join(missing)}."
        return Finding("fail", "deployments", message, f"{_BOOTSTRAP} deployments")
    if paused:
        message = f"{', '.join(paused)} are paused, their schedules too."
        return Finding("warn", "deployments", message, "prefect deployment schedule resume")
    return Finding("ok", "deployments", f"all {len(wanted)} of {DEFINITIONS.name}")


def _keeper(client: httpx.Client) -> Finding:
    """By what the keeper in office last wrote, on the server's own clock."""
    wanted = {"variables": {"name": {"like_": f"{OFFICE}%"}}, "sort": "NAME_DESC", "limit": 1}
    answer = client.post("/variables/filter", json=wanted).raise_for_status()
    written = [datetime.fromisoformat(each["updated"]) for each in answer.json()]
    now = parsedate_to_datetime(answer.headers["date"])
    if written and now - written[0] < _KEEPER_SILENT:
        return Finding("ok", "keeper", "it looks after runs whose process dies")
    message = "None is at work, so that a job whose machine dies stays where it is."
    return Finding("warn", "keeper", message, "python -m deployments.keeper")


def wanted_deployments() -> list[str]:
    """What prefect.yaml deploys, as `flow/deployment`."""
    content: dict[str, Any] = yaml.safe_load(DEFINITIONS.read_text(encoding="utf-8"))
    return [
        f"{each['entrypoint'].rpartition('.')[2].replace('_', '-')}/{each['name']}"
        for each in content["deployments"]
    ]
