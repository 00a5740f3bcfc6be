"""What of the embedded stack's data directory a backup holds, and how its file is laid out.

A backup is a tar file:

    backup.json    first: the layout's version, when it was made, by which Prefect
    ...            the databases, then files, by their paths in the data directory
    end.json       last: how many files and bytes there are, so that one cut short is known

Logs, sockets, process ids, work in progress and what is only remembered of this machine's
hardware stay behind.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath
from typing import Final, Literal

from deployments.status.cursor import FILE as CURSOR
from deployments.status.letters import FILE as LETTERS
from reels.errors import InvalidInput
from reels.models import Model

HEAD: Final = "backup.json"
END: Final = "end.json"
PREFECT_DATABASE: Final = "prefect/prefect.db"

#: In the order in which they are copied. What has been told to others comes before Prefect's
#: record: what happens in between is then told again, under the same ids, and never left out.
#: Files come last, so that all that the record names is there.
SMALL_FILES: Final = ("signing.key", CURSOR)
DATABASES: Final = (LETTERS, PREFECT_DATABASE)
FOLDERS: Final = ("prefect", "results", "store")
#: Below a folder: what is being written, what belongs to the databases, what the next start makes.
LEFT_OUT: Final = ("store/.tmp", "prefect/authority.pem")
DATABASE_SUFFIXES: Final = (".db", ".sqlite", "-wal", "-shm", "-journal")


class Head(Model):
    """What a backup says of itself. `made_at` is in UTC, `data_dir` where the data lay."""

    format: Literal[1] = 1
    made_at: datetime
    prefect: str
    data_dir: str


class End(Model):
    """What a whole backup holds, beside head and end."""

    files: int
    size_bytes: int


def is_left_out(name: str) -> bool:
    """Whether a file of one of `FOLDERS` stays behind; `name` is its path in the directory."""
    path = PurePosixPath(name)
    if any(path.is_relative_to(each) for each in LEFT_OUT):
        return True
    return path.parts[0] == "prefect" and name.endswith(DATABASE_SUFFIXES)


def check_name(name: str) -> PurePosixPath:
    """The path of a member of a backup, in the data directory.

    Raises:
        InvalidInput: no backup of ours holds such a path.
    """
    parts = name.split("/")
    is_plain = not any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts)
    is_ours = name in (*SMALL_FILES, *DATABASES) or (parts[0] in FOLDERS and len(parts) > 1)
    if not (is_plain and is_ours):
        raise InvalidInput(
            "backup",
            f"The archive holds {name!r:.200}, which no backup does.",
            remedy="Use a file that `reelwright backup` has written.",
        )
    return PurePosixPath(name)
