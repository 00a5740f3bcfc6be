"""The deployment that jobs are runs of, looked up once."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

from reels.errors import Unavailable


class Target:
    """Every method raises `Unavailable` when there is no such deployment."""

    def __init__(self, client: PrefectClient, name: str) -> None:
        self._client = client
        self._name = name
        self._found: DeploymentResponse | None = None

    async def flow_id(self) -> UUID:
        """The id of the flow itself; it outlives its deployment."""
        return (await self._deployment()).flow_id

    async def create_run(self, **values: Any) -> FlowRun:
        """A new run, or the one that has the same `idempotency_key`."""
        try:
            return await self._create_run(values)
        except PrefectHTTPStatusError as error:
            if error.response.status_code != HTTPStatus.NOT_FOUND:
                raise
            # The deployment has been deleted, and perhaps made again, since we looked.
            self._found = None
            return await self._create_run(values)

    async def _create_run(self, values: dict[str, Any]) -> FlowRun:
        deployment = await self._deployment()
        return await self._client.create_flow_run_from_deployment(deployment.id, **values)

    async def _deployment(self) -> DeploymentResponse:
        if self._found is None:
            try:
                self._found = await self._client.read_deployment_by_name(self._name)
            except ObjectNotFound:
                raise Unavailable(
                    f"Prefect has no deployment {self._name!r}.",
                    retry_after_s=10,
                    remedy="Deploy it: prefect deploy --all.",
                ) from None
        return self._found
