"""Status changes as rows of a Postgres table `videos`, in Supabase's shape; see videos.sql.

One row is one job. Its `updated_at` is the time of the change, and a change that is older
than the row is passed over, so that any number of writers may tell the same changes in any
order. Where a trigger of the table's own sets `updated_at`, that time says nothing of the
change: then each writer's own order counts, and a row may go back for a moment when a writer
starts again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import SecretStr

from reels.errors import BadOutput, ProviderError, TransientFailure
from reels.settings import StatusSettings
from reels.sinks.base import StatusChange
from reels.stages import short_status

if TYPE_CHECKING:
    import psycopg

NAME = "postgres"
SCHEMA = Path(__file__).with_name("videos.sql")
STATEMENT_S = 10

_UPSERT = """
insert into videos (id, user_id, status, video_url, error_message, created_at, updated_at)
values (%(id)s, %(user_id)s, %(status)s, %(video_url)s, %(error_message)s,
        %(created_at)s, %(updated_at)s)
on conflict (id) do update set
    user_id = excluded.user_id,
    status = excluded.status,
    video_url = excluded.video_url,
    error_message = excluded.error_message,
    updated_at = excluded.updated_at
"""
_UNLESS_NEWER = """
where videos.updated_at is null or videos.updated_at <= excluded.updated_at
"""
#: A trigger that runs before updates, as the usual one that sets `updated_at` to now().
_TRIGGERS = """
select count(*) from pg_trigger
where tgrelid = to_regclass('videos') and not tgisinternal and tgenabled <> 'D'
  and tgtype & 1 = 1 and tgtype & 2 = 2 and tgtype & 16 = 16
"""
#: What the DSN does not say itself. Seconds, but the last, which is milliseconds.
_DEFAULTS = {
    "application_name": "reelwright",
    "connect_timeout": "5",
    "keepalives_idle": "20",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
#: Of other words for what can go wrong while connecting, none may hold a part of the DSN.
_REASONS = (
    "Connection refused",
    "timeout expired",
    "password authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "could not translate host name",
    "certificate",
    "server does not support SSL",
    "too many clients",
    "too many connections",
    "starting up",
    "shutting down",
    "server closed the connection unexpectedly",
    "No such file or directory",
    "No route to host",
    "Network is unreachable",
)
#: Classes of SQLSTATE that are about the row itself: another try changes nothing.
_ABOUT_THE_ROW = ("22", "23")
_REMEDIES = {
    "42P01": "Make the table: python -m deployments.status --make-table",
    "42703": "The table has other columns than reels/sinks/videos.sql; add those that lack.",
    "42501": "Let the user of VIDEO_SERVICE_STATUS_DSN insert into and update `videos`; with row "
    "level security that is the table's owner, or one who has a policy.",
}
_CONNECTION = "Check VIDEO_SERVICE_STATUS_DSN, and that the database runs and can be reached."


class PostgresSink:
    """Writes to the table `videos` of the database at `dsn`; connects when it is first used."""

    name = NAME

    def __init__(self, dsn: SecretStr) -> None:
        self._dsn = dsn
        self._connection: psycopg.Connection[Any] | None = None
        self._has_trigger = False

    @classmethod
    def configured(cls, settings: StatusSettings) -> Self | None:
        return cls(settings.status_dsn) if settings.status_dsn.get_secret_value() else None

    def __repr__(self) -> str:
        return "PostgresSink()"

    def write(self, change: StatusChange) -> None:
        """Bring the job's row up to this change, unless it is newer already."""
        row: dict[str, object] = {
            "id": str(change.job_id),
            "user_id": _text(change.user_id),
            "status": short_status(change.status),
            "video_url": _text(change.video_url),
            "error_message": _text(change.error_message),
            "created_at": change.created_at,
            "updated_at": change.changed_at,
        }
        self._do(lambda: self._upsert(row))

    def make_table(self) -> None:
        """Run videos.sql. Raises ProviderError."""
        self._do(lambda: self._execute(SCHEMA.read_text(encoding="utf-8")))

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def _do(self, work: Callable[[], None]) -> None:
        """A connection that has failed is not used again."""
        import psycopg

        # The server may have ended a connection that lay idle: that says nothing of now.
        tries = 2 if self._connection is not None else 1
        for left in reversed(range(tries)):
            try:
                return work()
            except psycopg.Error as error:
                self.close()
                if not (left and isinstance(error, psycopg.OperationalError)):
                    raise _failure(error) from None
        raise AssertionError("unreachable")

    def _upsert(self, row: dict[str, object]) -> None:
        self._open()
        self._execute(_UPSERT + ("" if self._has_trigger else _UNLESS_NEWER), row)

    def _execute(self, statement: str, values: dict[str, object] | None = None) -> None:
        connection = self._open()
        with connection.transaction():
            connection.execute(f"set local statement_timeout = '{STATEMENT_S}s'".encode())
            connection.execute(statement.encode(), values)

    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            import psycopg
            from psycopg.conninfo import conninfo_to_dict

            dsn = self._dsn.get_secret_value()
            self._connection = psycopg.connect(
                **{**_DEFAULTS, **conninfo_to_dict(dsn)},  # type: ignore[arg-type]
                autocommit=True,
                # Poolers such as Supabase's give each transaction another connection.
                prepare_threshold=None,
            )
            found = self._connection.execute(_TRIGGERS).fetchone()
            self._has_trigger = bool(found and found[0])
        return self._connection


def _text(value: str | None) -> str | None:
    """Without what Postgres cannot keep in a text: NUL, and halves of a character."""
    if value is None:
        return None
    return value.replace("\0", "").encode("utf-8", "replace").decode()


def _failure(error: psycopg.Error) -> ProviderError:
    """In our words: those of the driver may repeat parts of the DSN."""
    state = error.sqlstate or ""
    if not state:
        text = str(error)
        reason = next((each for each in _REASONS if each in text), type(error).__name__)
        return TransientFailure(
            NAME, f"The status database cannot be reached ({reason}).", remedy=_CONNECTION
        )
    if state.startswith(_ABOUT_THE_ROW):
        return BadOutput(NAME, f"The status database refuses the row ({_named(error)}).")
    return TransientFailure(
        NAME,
        f"The status database did not take the change ({_named(error)}).",
        remedy=_REMEDIES.get(state, ""),
    )


def _named(error: psycopg.Error) -> str:
    return f"{type(error).__name__}, {error.sqlstate}"
