"""Opens what the settings name: Sentry, a collector of traces. Once per process, after forks.

Both start threads, so that a process which forks others must not be the one to call this.
"""

from __future__ import annotations

import atexit
import importlib.util
import os

from reels.errors import InvalidInput
from reels.observing import mishaps, tracing
from reels.settings import ObservingSettings

_NEEDS = {
    "sentry_dsn": "sentry_sdk",
    "otlp_endpoint": "opentelemetry.exporter.otlp.proto.http",
}
#: How long the end of a process may take, for each of the two.
FLUSH_S = 2.0
_started_in: int | None = None


def check_installed(settings: ObservingSettings) -> None:
    """Raises InvalidInput for what is set but cannot be done, naming what to install."""
    for setting, module in _NEEDS.items():
        if getattr(settings, setting).get_secret_value() and not _is_there(module):
            raise InvalidInput(
                setting,
                f"VIDEO_SERVICE_{setting.upper()} is set, but {module} is not installed.",
                remedy='Install it: pip install "reelwright[observability]".',
            )


def start_telling(settings: ObservingSettings, service: str) -> None:
    """Tell errors and traces of this process, which is called `service`, where that is set.

    Raises:
        InvalidInput: as `check_installed`.
    """
    global _started_in
    if _started_in == os.getpid():
        return
    check_installed(settings)
    if dsn := settings.sentry_dsn.get_secret_value():
        from reels.observing.sentry import SentryReporter

        mishaps.use(SentryReporter(dsn, service))
    if endpoint := settings.otlp_endpoint.get_secret_value():
        from reels.observing.otlp import OtlpTracer

        tracing.use(OtlpTracer(endpoint, service))
    if dsn or endpoint:
        # When all else is done: nobody's video waits for a collector that is slow.
        atexit.register(_finish)
    _started_in = os.getpid()


def _finish() -> None:
    tracing.flush(FLUSH_S)
    mishaps.flush(FLUSH_S)


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
