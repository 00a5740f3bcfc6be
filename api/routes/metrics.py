"""What this process has counted, for Prometheus."""

from __future__ import annotations

import hmac

from fastapi import Request, Response
from prometheus_client.exposition import choose_encoder

from api.doors.door import Router
from api.identity import caller_of
from api.identity.dev import Dev
from api.metering import WorkMeter
from api.metrics import REGISTRY
from api.problems import responses
from reels.errors import Forbidden, Unauthenticated
from reels.settings import ObservingSettings

router = Router(tags=["operations"])

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
async def read_metrics(request: Request) -> Response:
    """For Prometheus: with the bearer token that VIDEO_SERVICE_METRICS_TOKEN names; where none
    is set, for everybody in the mode `dev` and for the role ops in the others."""
    await _require_access(request)
    meter: WorkMeter = request.app.state.meter
    await meter.refresh()
    encode, kind = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(REGISTRY), headers={"Content-Type": kind, "Cache-Control": "no-store"})


async def _require_access(request: Request) -> None:
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
        return
    # Behind a gateway a loopback address is no proof of anything.
    caller = await caller_of(request)
    if caller.role != "ops" and not isinstance(request.app.state.identity, Dev):
        raise Forbidden(
            "Only ops see the metrics.", remedy="Set VIDEO_SERVICE_METRICS_TOKEN and send it."
        )
