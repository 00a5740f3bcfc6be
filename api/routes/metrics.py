"""What this process has counted, for Prometheus."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import choose_encoder

from api.identity import caller_of, is_loopback
from api.metering import WorkMeter
from api.metrics import REGISTRY
from api.problems import responses
from api.services import Deps
from reels.errors import Forbidden, Unauthenticated
from reels.settings import ObservingSettings

router = APIRouter(tags=["operations"])

_EXAMPLE = "reelwright_http_requests_in_flight 1.0\n"
_TEXTS = {
    kind: {"schema": {"type": "string"}, "example": _EXAMPLE}
    for kind in ("text/plain", "application/openmetrics-text")
}


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        **responses(401, 403),
        200: {"description": "metrics as text, or as OpenMetrics by `Accept`", "content": _TEXTS},
    },
)
async def read_metrics(request: Request, services: Deps) -> Response:
    """For Prometheus. Open on a loopback address; elsewhere with the bearer token that
    VIDEO_SERVICE_METRICS_TOKEN names, or without one for the role ops."""
    await _require_access(request, services)
    meter: WorkMeter = request.app.state.meter
    await meter.refresh()
    encode, kind = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(REGISTRY), headers={"Content-Type": kind, "Cache-Control": "no-store"})


async def _require_access(request: Request, services: Deps) -> None:
    observing: ObservingSettings = request.app.state.observing
    token = observing.metrics_token.get_secret_value()
    if token:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        is_right = hmac.compare_digest(given.strip().encode(), token.encode())
        if not (is_right and scheme.lower() == "bearer"):
            raise Unauthenticated(
                "The metrics ask for a token.",
                scheme="Bearer",
                remedy="Send VIDEO_SERVICE_METRICS_TOKEN as a bearer token.",
            )
    elif not is_loopback(services.settings.host):
        caller = await caller_of(request)
        if caller.role != "ops":
            raise Forbidden(
                "Only ops see the metrics.", remedy="Set VIDEO_SERVICE_METRICS_TOKEN and send it."
            )
