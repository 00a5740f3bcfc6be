"""Whether the service and what it stands on are there."""

from __future__ import annotations

from api.doors.door import Router
from api.models import Health
from api.problems import FieldError, Unready, responses
from api.services import Deps, in_thread
from reels.errors import StoreError, Unavailable

router = Router(tags=["operations"])

#: Any key does: the store answers whether it is there or not.
PROBE_KEY = "health/probe"


@router.get("/health", responses=responses())
async def health(services: Deps) -> Health:
    """200 when Prefect, the deployment and the artifact store answer, else 503."""
    failed: list[FieldError] = []
    try:
        await services.gateway.check()
    except Unavailable as error:
        failed.append(FieldError(field="prefect", message=error.message))
    try:
        await in_thread(services.store.head, PROBE_KEY)
    except StoreError as error:
        failed.append(FieldError(field="store", message=error.message))
    if failed:
        raise Unready(failed)
    return Health(status="ok", checks={"prefect": "ok", "store": "ok"})
