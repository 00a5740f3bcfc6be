"""Whether the service and what it stands on are there."""

from __future__ import annotations

from functools import partial

from api.doors.door import Router
from api.live.flights import Flights
from api.models import Health
from api.problems import FieldError, Unready, responses
from api.services import Deps, Services, in_thread
from reels.errors import StoreError, Unavailable

router = Router(tags=["operations"])

#: Any key does: the store answers whether it is there or not.
PROBE_KEY = "health/probe"
#: Anybody may ask, as often as they like: one looks for all who ask at the same time.
_LOOKS: Flights[int, list[FieldError]] = Flights()


@router.get("/health", responses=responses())
async def health(services: Deps) -> Health:
    """200 when Prefect, the deployment and the artifact store answer, else 503."""
    failed = await _LOOKS.join(id(services), partial(_failed, services))
    if failed:
        raise Unready(failed)
    return Health(status="ok", checks={"prefect": "ok", "store": "ok"})


async def _failed(services: Services) -> list[FieldError]:
    failed: list[FieldError] = []
    try:
        await services.gateway.check()
    except Unavailable as error:
        failed.append(FieldError(field="prefect", message=error.message))
    try:
        await in_thread(services.store.head, PROBE_KEY)
    except StoreError as error:
        failed.append(FieldError(field="store", message=error.message))
    return failed
