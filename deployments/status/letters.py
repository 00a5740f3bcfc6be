"""Messages that users' receivers are still to get, in a SQLite file: they outlive the process.

Of every job and endpoint the oldest message is the head of its lane; only heads are sent.
What is settled leaves a line without its content, so that a change that is told again, as
after a crash, is known.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

log = logging.getLogger(__name__)

FILE = "webhooks.sqlite"

_SCHEMA = """
create table if not exists letters (
    number integer primary key,
    endpoint text not null, change text not null, job text not null,
    message text not null, body blob, url text not null,
    until real not null, due real not null, tries integer not null default 0,
    is_head integer not null default 0, settled_at real, was_taken integer not null default 0,
    unique (endpoint, change)
);
create index if not exists heads on letters (endpoint, due) where is_head = 1;
create index if not exists lanes on letters (endpoint, job, number) where body is not null;
create index if not exists ends on letters (until) where body is not null;
create index if not exists settled on letters (settled_at) where settled_at is not null;
create table if not exists closed (endpoint text primary key, at real not null);
"""
_INSERT = """
insert or ignore into letters
    (endpoint, change, job, message, body, url, until, due, is_head)
select :endpoint, :change, :job, :message, :body, :url, :until, 0, not exists (
    select 1 from letters where endpoint = :endpoint and job = :job and body is not null)
where not exists (select 1 from closed where endpoint = :endpoint)
"""
_PROMOTE = """
update letters set is_head = 1, due = 0 where number = (
    select min(number) from letters where endpoint = ? and job = ? and body is not null)
"""
_SETTLE = """
update letters set body = null, url = '', is_head = 0, settled_at = ?, was_taken = ?
where body is not null and
"""


class Letter(NamedTuple):
    """A message to one endpoint. `url` is empty where the endpoint is a registered webhook.

    `until` is when it is given up, in Unix seconds. `number` grows in the order of arrival.
    """

    endpoint: str
    change: str
    job: str
    message: str
    body: bytes
    url: str
    until: float
    number: int = 0
    tries: int = 0


class Letters:
    """The file in `directory`, for one process. Its methods may be called by any thread.

    Raises `sqlite3.Error`, as when the disk is full.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / FILE
        self._lock = threading.Lock()
        # Addresses and links in it are for nobody else.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            # A file that is no database any more would keep everything up for ever.
            for rest in ("-wal", "-shm"):
                self._path.with_name(FILE + rest).unlink(missing_ok=True)
            self._path.replace(self._path.with_suffix(".broken"))
            log.error("%s could not be read and was put aside.", self._path)
            self._open()

    def _open(self) -> None:
        self._db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        # What is in here is noted as told elsewhere, so that it must be on the disk.
        self._db.execute("pragma synchronous = full")
        self._db.executescript(_SCHEMA)
        # After a crash nothing is under way, and nobody need wait for what has been waited for.
        self._db.execute("update letters set due = 0 where is_head = 1")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("begin immediate")
            try:
                yield self._db
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    def add(self, letters: Iterable[Letter]) -> None:
        """Keep all, or none; what is here already, or goes to a closed endpoint, is passed over."""
        with self._change() as db:
            for letter in letters:
                db.execute(_INSERT, letter._asdict())

    def endpoints(self) -> list[str]:
        """Those for which something is here."""
        with self._lock:
            found = self._db.execute("select distinct endpoint from letters where is_head = 1")
            return [endpoint for (endpoint,) in found]

    def head(self, endpoint: str, but: Set[int]) -> tuple[Letter, float] | None:
        """The head that is due first, and when it is, but none of these numbers."""
        with self._lock:
            found = self._db.execute(
                "select endpoint, change, job, message, body, url, until, number, tries, due "
                "from letters where endpoint = ? and is_head = 1 order by due, number limit ?",
                (endpoint, len(but) + 1),
            ).fetchall()
        free = ((Letter(*row[:-1]), row[-1]) for row in found if row[-3] not in but)
        return next(free, None)

    def postpone(self, letter: Letter, due: float, tries: int) -> None:
        """Try it again then."""
        with self._change() as db:
            values = (due, tries, letter.number)
            db.execute("update letters set due = ?, tries = ? where number = ?", values)

    def settle(self, letter: Letter, now: float, *, was_taken: bool) -> None:
        """It is done with; the next of its lane has its turn."""
        with self._change() as db:
            db.execute(f"{_SETTLE} number = ?", (now, was_taken, letter.number))
            db.execute(_PROMOTE, (letter.endpoint, letter.job))

    def hurry(self, endpoint: str) -> None:
        """Wait for nothing any more that the endpoint is to be told."""
        with self._change() as db:
            query = "update letters set due = 0 where endpoint = ? and is_head = 1 and due > 0"
            db.execute(query, (endpoint,))

    def drop(self, endpoint: str, now: float, *, for_good: bool = False) -> int:
        """Forget what the endpoint is still to be told; `for_good`: and what comes later."""
        with self._change() as db:
            if for_good:
                db.execute("insert or ignore into closed values (?, ?)", (endpoint, now))
            return db.execute(f"{_SETTLE} endpoint = ?", (now, False, endpoint)).rowcount

    def expire(self, now: float, but: Set[int]) -> dict[str, int]:
        """Settle what was to be told by now at the latest; how many of which endpoint."""
        with self._change() as db:
            found = db.execute(
                "select number, endpoint, job from letters where body is not null and until < ?",
                (now,),
            ).fetchall()
            late = [row for row in found if row[0] not in but]
            for number, _, _ in late:
                db.execute(f"{_SETTLE} number = ?", (now, False, number))
            counts: dict[str, int] = {}
            for endpoint, job in {(endpoint, job) for _, endpoint, job in late}:
                db.execute(_PROMOTE, (endpoint, job))
            for _, endpoint, _ in late:
                counts[endpoint] = counts.get(endpoint, 0) + 1
            return counts

    def has_taken_since(self, endpoint: str, since: float) -> bool:
        """Whether the endpoint has taken anything."""
        query = "select 1 from letters where endpoint = ? and was_taken = 1 and settled_at > ?"
        with self._lock:
            return self._db.execute(query, (endpoint, since)).fetchone() is not None

    def purge(self, before: float) -> None:
        """Forget what was settled, and which endpoints were closed, before then."""
        with self._change() as db:
            db.execute("delete from letters where settled_at < ?", (before,))
            db.execute("delete from closed where at < ?", (before,))

    def count(self) -> int:
        """How many are still to be told."""
        with self._lock:
            query = "select count(*) from letters where body is not null"
            return int(self._db.execute(query).fetchone()[0])
