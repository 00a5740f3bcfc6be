"""`reelwright backup FILE.tar`: the embedded stack's data in one file, while it runs or not."""

from __future__ import annotations

import io
import os
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO

from deployments.layout import Layout
from deployments.ops.kept import (
    DATABASES,
    END,
    FOLDERS,
    HEAD,
    PREFECT_DATABASE,
    SMALL_FILES,
    End,
    Head,
    is_left_out,
)
from reels.errors import Conflict, NotFound, StoreUnavailable


def back_up(layout: Layout, to: Path) -> End:
    """Write all that is kept of `layout` into the new file `to`; returns what it holds.

    `to` appears when it is complete, and only its owner can read it: keys are in it. The
    databases are copied by SQLite's own backup, each as it was at one moment.

    Raises:
        NotFound: there is no embedded stack's data there.
        Conflict: there is a file `to`, or it would lie in the data directory.
        StoreUnavailable: reading or writing failed.
    """
    _check(layout, to)
    draft = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            end = _write(layout.data_dir, out)
            out.flush()
            os.fsync(out.fileno())
        _appear(draft, to)
    except FileExistsError:
        raise _taken(to) from None
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(
            f"The backup failed: {error}.", remedy="Check the disk and the rights of both places."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return end


def _check(layout: Layout, to: Path) -> None:
    if not (layout.data_dir / PREFECT_DATABASE).is_file():
        raise NotFound(
            f"{layout.data_dir} holds no embedded stack's data.",
            remedy="Set VIDEO_SERVICE_DATA_DIR, or go where `make up` was started.",
        )
    if to.exists():
        raise _taken(to)
    if to.resolve().is_relative_to(layout.data_dir.resolve()):
        raise Conflict(
            f"{to} would lie in the data directory that it is a backup of.",
            remedy="Name a file elsewhere, best on another disk.",
        )


def _appear(draft: Path, to: Path) -> None:
    """Raises FileExistsError; a rename alone would replace what is there."""
    try:
        os.link(draft, to)
    except FileExistsError:
        raise
    except OSError:
        # Not every file system has a second name for a file.
        if to.exists():
            raise FileExistsError(to) from None
        os.rename(draft, to)


def _taken(to: Path) -> Conflict:
    return Conflict(f"There is a file {to}.", remedy="Name another one; none is replaced.")


def _write(data_dir: Path, out: IO[bytes]) -> End:
    head = Head(made_at=datetime.now(UTC), prefect=version("prefect"), data_dir=str(data_dir))
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        _add_text(archive, HEAD, head.model_dump_json())
        files = size_bytes = 0
        for name, path in _sources(data_dir):
            added = _add(archive, name, path)
            if added is not None:
                files, size_bytes = files + 1, size_bytes + added
        end = End(files=files, size_bytes=size_bytes)
        _add_text(archive, END, end.model_dump_json())
    return end


def _sources(data_dir: Path) -> Iterator[tuple[str, Path]]:
    """What is kept, by its name in the archive, in the order of `kept`."""
    for name in SMALL_FILES:
        yield name, data_dir / name
    with tempfile.TemporaryDirectory(dir=data_dir, prefix=".backup-") as desk:
        for name in DATABASES:
            if (data_dir / name).is_file():
                copy = Path(desk) / "copy.db"
                _copy_database(data_dir / name, copy)
                yield name, copy
                copy.unlink()
    for folder in FOLDERS:
        for path in _files_below(data_dir / folder):
            name = path.relative_to(data_dir).as_posix()
            if not is_left_out(name):
                yield name, path


def _copy_database(source: Path, to: Path) -> None:
    """In one step: by several, a copy of a database that is written to begins again and again."""
    uri = f"{source.absolute().as_uri()}?mode=rw"
    with (
        closing(sqlite3.connect(uri, uri=True, timeout=30)) as reads,
        closing(sqlite3.connect(to)) as writes,
    ):
        reads.backup(writes)


def _files_below(top: Path) -> Iterator[Path]:
    for folder, subfolders, names in os.walk(top):
        subfolders.sort()
        yield from (Path(folder, name) for name in sorted(names))


def _add(archive: tarfile.TarFile, name: str, path: Path) -> int | None:
    """Add a file; its size in bytes, 0 for one more name of a file that is there already.

    None when it is gone, as files of a stack that runs may be, or is no plain file.
    """
    with suppress(FileNotFoundError):
        if path.is_symlink() or not path.is_file():
            return None
        with path.open("rb") as content:
            member = archive.gettarinfo(arcname=name, fileobj=content)
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            if member.islnk():
                archive.addfile(member)
                return 0
            archive.addfile(member, content)
            return member.size
    return None


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = len(content), 0o600, int(time.time())
    archive.addfile(member, io.BytesIO(content))
