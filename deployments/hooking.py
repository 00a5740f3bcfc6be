"""Where Prefect has no hook of its own, something of it is exchanged that the pin has."""

from __future__ import annotations

from typing import Any


def known(owner: Any, name: str) -> Any:
    """What Prefect's class or module `owner` has by this name.

    Raises:
        RuntimeError: this release has no such thing; the pinned one has.
    """
    found = getattr(owner, name, None)
    if found is None:
        raise RuntimeError("This release of Prefect is unknown; install the pinned one.")
    return found
