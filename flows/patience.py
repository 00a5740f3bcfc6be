"""Trying again, by the policy of `reels.cloud.patience`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from prefect.exceptions import MissingContextError
from prefect.logging import get_run_logger

from reels.cloud.patience import PASSING, patience

T = TypeVar("T")


def patiently(work: Callable[[], T], *, but: tuple[type[Exception], ...] = ()) -> T:
    """What `work` returns, at the first attempt that succeeds.

    It sleeps between attempts, so no slot may be held around it. Errors of the kinds `but` are
    never tried again.

    Raises:
        the last attempt's error, as soon as it is not worth another.
    """
    policy = patience()
    for failed in count(1):
        try:
            return work()
        except PASSING as error:
            wait_s = None if isinstance(error, but) else policy.wait_s(error, failed)
            if wait_s is None:
                raise
            _logger().warning(
                "Attempt %d of %d failed; the next is in %.1f s. %s",
                *(failed, policy.attempts, wait_s, error),
            )
            time.sleep(wait_s)
    raise AssertionError("count() does not end")


def _logger() -> logging.Logger | logging.LoggerAdapter[logging.Logger]:
    try:
        return get_run_logger()
    except MissingContextError:
        return logging.getLogger(__name__)
