"""`reelwright restore FILE.tar`: a backup becomes an embedded stack's data directory again."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from deployments.layout import Layout
from deployments.ops.kept import DATABASES, END, HEAD, PREFECT_DATABASE, End, Head, check_name
from reels.errors import Conflict, InvalidInput, NotFound, StoreUnavailable

#: Head and end are a few words; more is not read.
_MOST_WORDS = 65_536


def restore(layout: Layout, source: Path) -> Head:
    """Bring the backup `source` into the data directory, whole or not at all.

    Every path is checked before anything is written: plain files of the names that backups
    have, and further names of files that came before. Nothing is written but new files, in a
    new directory, which then takes the place of the empty one.

    Raises:
        NotFound: there is no such file.
        Conflict: a stack runs in the data directory, or something lies there.
        InvalidInput: the file is no backup, not a whole one, or tries tricks.
        StoreUnavailable: writing failed.
    """
    if not source.is_file():
        raise NotFound(f"There is no file {source}.")
    require_empty(layout)
    target = layout.data_dir
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".restore-") as desk:
            fresh = Path(desk) / "data"
            fresh.mkdir(mode=0o755)
            with tarfile.open(source, "r:") as archive:
                head = _extract(archive, fresh)
            _check_databases(fresh)
            _relocate(fresh / PREFECT_DATABASE, head.data_dir, str(target))
            _take_place(fresh, layout)
    except (tarfile.TarError, EOFError) as error:
        raise _no_backup(f"it cannot be read: {error}") from error
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(
            f"{target} could not be restored: {error}.", remedy="Check the disk and its rights."
        ) from error
    return head


def require_empty(layout: Layout) -> None:
    """Raises Conflict when a stack runs in the data directory, or anything lies in it."""
    target = layout.data_dir
    if (target / "stack.lock").exists():
        layout.lock().close()
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise Conflict(f"{target} is no directory.", remedy="Move it aside.")
    if target.exists() and any(target.iterdir()):
        raise _not_empty(target)


def _not_empty(target: Path) -> Conflict:
    return Conflict(
        f"{target} is not empty.",
        remedy="Move it aside, or set VIDEO_SERVICE_DATA_DIR to another directory.",
    )


def _take_place(fresh: Path, layout: Layout) -> None:
    try:
        os.rename(fresh, layout.data_dir)
    except OSError:
        require_empty(layout)
        raise


def _extract(archive: tarfile.TarFile, to: Path) -> Head:
    members = archive.getmembers()
    if len(members) < 2 or (members[0].name, members[-1].name) != (HEAD, END):
        raise _no_backup("its beginning or its end is missing")
    try:
        head = Head.model_validate_json(_words(archive, members[0]))
        end = End.model_validate_json(_words(archive, members[-1]))
    except ValidationError:
        raise _no_backup("it is of another version") from None
    inner = members[1:-1]
    _check_members(inner, end)
    _check_room(end, to)
    for member in inner:
        _write(archive, member, to)
    return head


def _words(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member) if member.isreg() else None
    if content is None or member.size > _MOST_WORDS:
        raise _no_backup(f"{member.name} is none")
    return content.read()


def _check_members(members: list[tarfile.TarInfo], end: End) -> None:
    """Refuse what no backup of ours holds."""
    seen: set[PurePosixPath] = set()
    for member in members:
        path = check_name(member.name)
        if path in seen:
            raise _no_backup(f"{member.name!r} is in it twice")
        if member.islnk():
            if check_name(member.linkname) not in seen:
                raise _no_backup(f"{member.name!r} is a link to what is not in it")
        elif not member.isreg() or member.issparse():
            raise _no_backup(f"{member.name!r} is no plain file")
        seen.add(path)
    size_bytes = sum(member.size for member in members if member.isreg())
    if End(files=len(members), size_bytes=size_bytes) != end:
        raise _no_backup("it is not whole")
    if PurePosixPath(PREFECT_DATABASE) not in seen:
        raise _no_backup("Prefect's database is missing")


def _check_room(end: End, to: Path) -> None:
    free_bytes = shutil.disk_usage(to).free
    if free_bytes < end.size_bytes:
        raise StoreUnavailable(
            f"The backup takes {end.size_bytes:,} bytes, and {free_bytes:,} are free.",
            remedy="Free space, or set VIDEO_SERVICE_DATA_DIR to a larger disk.",
        )


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, to: Path) -> None:
    path = to / check_name(member.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    if member.islnk():
        os.link(to / check_name(member.linkname), path)
        return
    content = archive.extractfile(member)
    if content is None:
        raise _no_backup(f"{member.name!r} has no content")
    # Of its rights, those that let it be run or let others write stay behind.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, member.mode & 0o644 | 0o400)
    with os.fdopen(handle, "wb") as out:
        shutil.copyfileobj(content, out, 1 << 20)
    # The store tells from a file's time how old it is.
    os.utime(path, (member.mtime, member.mtime))


def _check_databases(directory: Path) -> None:
    for name in DATABASES:
        if not (directory / name).exists():
            continue
        with closing(sqlite3.connect(directory / name)) as database:
            try:
                found = database.execute("pragma quick_check(1)").fetchone()
            except sqlite3.DatabaseError as error:
                raise _no_backup(f"{name} is no database: {error}") from error
        if found != ("ok",):
            raise _no_backup(f"{name} is damaged")


def _relocate(database: Path, before: str, now: str) -> None:
    """Let Prefect's record name results where they lie from now on: it has whole paths."""
    if before == now:
        return
    old, new = (f'"storage_key": {json.dumps(place)[:-1]}/' for place in (before, now))
    with closing(sqlite3.connect(database)) as writes, writes:
        for table in ("flow_run_state", "task_run_state"):
            writes.execute(
                f"update {table} set data = replace(data, ?, ?) where instr(data, ?)",
                (old, new, old),
            )


def _no_backup(why: str) -> InvalidInput:
    return InvalidInput(
        "backup",
        f"The file is no whole backup: {why}.",
        remedy="Use a file that `reelwright backup` has written, all of it.",
    )
