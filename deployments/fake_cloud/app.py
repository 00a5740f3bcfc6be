"""The fake services as one app, and the routes by which tests steer it."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, FastAPI

from deployments.fake_cloud import elevenlabs, gemini, stock
from deployments.fake_cloud.state import Call, Fault, State

#: One entry per vendor: a function that makes its routes, which lie under its name.
VENDORS: dict[str, Callable[[State], APIRouter]] = {
    "elevenlabs": elevenlabs.routes,
    "gemini": gemini.routes,
    "pexels": stock.pexels_routes,
    "pixabay": stock.pixabay_routes,
}


def create_app(state: State) -> FastAPI:
    """Every vendor's routes under `/{vendor}`, and `/_fake/...` to steer them."""
    app = FastAPI(title="Fake cloud", docs_url=None, redoc_url=None)
    for vendor, make in VENDORS.items():
        app.include_router(make(state), prefix=f"/{vendor}")

    @app.post("/_fake/faults/{service}")
    async def plan(service: str, faults: list[Fault]) -> int:
        state.plan(service, faults)
        return len(faults)

    @app.get("/_fake/calls")
    async def calls() -> list[Call]:
        return list(state.calls)

    @app.post("/_fake/delay/{service}")
    async def delay(service: str, seconds: float) -> float:
        state.delays_s[service] = seconds
        return seconds

    @app.post("/_fake/reset")
    async def reset() -> int:
        state.reset()
        return 0

    @app.get("/_fake/health")
    async def health() -> str:
        return "ok"

    return app
