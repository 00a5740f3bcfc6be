"""Errors to Sentry. Imported only when an address is set."""

from __future__ import annotations

from typing import Any

import sentry_sdk

from reels.observing.mishaps import cleaned


class SentryReporter:
    """A `Reporter` that sends to `dsn`, as the process `service`.

    Nothing of the SDK looks around by itself: no integrations, breadcrumbs, variables,
    bodies or traces.
    """

    def __init__(self, dsn: str, service: str) -> None:
        self._service = service
        sentry_sdk.init(
            dsn,
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[],
            send_default_pii=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            server_name="",
            before_send=_before_send,
            shutdown_timeout=1,
        )

    def report(self, error: BaseException, tags: dict[str, str]) -> None:
        with sentry_sdk.new_scope() as scope:
            for name, value in {"service": self._service, **tags}.items():
                scope.set_tag(name, value)
            scope.capture_exception(error)

    def flush(self, timeout_s: float) -> None:
        sentry_sdk.flush(timeout=timeout_s)


def _before_send(event: Any, hint: dict[str, Any]) -> Any:
    information = hint.get("exc_info")
    return cleaned(event, information[1] if information else None)
