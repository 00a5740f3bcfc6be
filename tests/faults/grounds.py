"""The stacks that are struck, by their names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tests.faults.fault import Ground
from tests.faults.house import House, a_house

GROUNDS: dict[Ground, Callable[[Path], AbstractContextManager[House]]] = {
    "local": a_house,
    "s3": lambda data_dir: a_house(data_dir, s3=True),
}
