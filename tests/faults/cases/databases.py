"""Prefect's database, which does not answer for a while."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing

from tests.faults.fault import Fault
from tests.faults.house import House

#: Longer than a busy writer holds it; the length of the fault, and not a wait for anything.
LOCKED_S = 12.0


def sqlite_locked(house: House) -> Sequence[str]:
    """Another program writes to the file, in one long transaction."""
    job = house.post()
    house.until_asked(job, "picture")
    file = house.stack.layout.prefect_home / "prefect.db"
    assert file.is_file()
    with closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as database:
        database.execute("begin immediate")
        time.sleep(LOCKED_S)
        database.execute("rollback")
    return [job]


FAULTS = [Fault("SQLite locked by another writer", sqlite_locked)]
