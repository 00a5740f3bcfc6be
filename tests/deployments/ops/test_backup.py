"""What is kept of a stack comes back as it was, and nothing else comes out of an archive."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from blocks.local_store import LocalStore
from deployments.layout import Layout
from deployments.ops.backup import back_up
from deployments.ops.kept import END, HEAD
from deployments.ops.restore import restore
from reels.errors import Conflict, InvalidInput, NotFound, ReelsError

KEY = "videos/ann/1/final.mp4"
Members = list[tuple[tarfile.TarInfo, bytes]]


def database(path: Path) -> sqlite3.Connection:
    """A database as Prefect keeps it: with a log of what was written last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = sqlite3.connect(path)
    made.execute("pragma journal_mode = wal")
    return made


def store_in(layout: Layout) -> LocalStore:
    return LocalStore(layout.data_dir / "store", public_url="http://127.0.0.1", secret=b"s")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A data directory as a stack leaves it."""
    made = Layout(tmp_path / "data")
    made.make()
    place = json.dumps({"storage_key": f"{made.data_dir}/results/one"})
    with closing(database(made.prefect_home / "prefect.db")) as prefect, prefect:
        for table in ("flow_run_state", "task_run_state"):
            prefect.execute(f"create table {table} (data text)")
        prefect.execute("insert into flow_run_state values (?)", (place,))
    with closing(database(made.data_dir / "webhooks.sqlite")) as letters, letters:
        letters.execute("create table letters (number integer)")
    (made.data_dir / "signing.key").write_text("key")
    (made.data_dir / "signing.key").chmod(0o600)
    (made.data_dir / "status-cursor.json").write_text("{}")
    (made.data_dir / "results").mkdir()
    (made.data_dir / "results" / "one").write_text("1")
    (made.logs / "server.log").write_text("a line")
    store = store_in(made)
    store.put(KEY, b"film", "video/x-own")
    store.copy(KEY, "cache/final/1.mp4")
    (made.data_dir / "store" / ".tmp" / "half").write_text("h")
    return made


@pytest.fixture
def archive(layout: Layout, tmp_path: Path) -> Path:
    made = tmp_path / "backup.tar"
    back_up(layout, made)
    return made


def test_what_was_backed_up_comes_back_elsewhere_with_its_types_times_and_links(
    layout: Layout, archive: Path, tmp_path: Path
) -> None:
    other = Layout(tmp_path / "other")
    restore(other, archive)
    before, after = store_in(layout), store_in(other)
    assert after.list("") == before.list("")
    assert after.head(KEY) is not None
    assert after.head(KEY).media_type == "video/x-own"  # type: ignore[union-attr]
    age = (before.entries("")[KEY].written_at, after.entries("")[KEY].written_at)
    assert age[0] == pytest.approx(age[1], abs=0.001)
    assert after.path(KEY).stat().st_ino == after.path("cache/final/1.mp4").stat().st_ino
    assert (other.data_dir / "signing.key").read_text() == "key"
    assert stat.S_IMODE((other.data_dir / "signing.key").stat().st_mode) == 0o600
    with closing(sqlite3.connect(other.prefect_home / "prefect.db")) as prefect:
        (data,) = prefect.execute("select data from flow_run_state").fetchone()
    assert Path(json.loads(data)["storage_key"]).read_text() == "1"


def test_logs_sockets_locks_and_work_in_progress_stay_behind(archive: Path) -> None:
    with tarfile.open(archive) as opened:
        names = set(opened.getnames())
    assert names == {
        *(HEAD, "signing.key", "status-cursor.json", "webhooks.sqlite", "prefect/prefect.db"),
        *("results/one", f"store/{KEY}", f"store/.meta/{KEY}.json"),
        *("store/cache/final/1.mp4", "store/.meta/cache/final/1.mp4.json", END),
    }


def test_the_file_is_for_its_owner_only(archive: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600


def test_a_database_is_copied_as_committed_while_others_write(
    layout: Layout, tmp_path: Path
) -> None:
    with closing(database(layout.prefect_home / "prefect.db")) as writing:
        writing.execute("insert into task_run_state values ('committed')")
        writing.commit()
        writing.execute("begin immediate")
        writing.execute("insert into task_run_state values ('not yet')")
        back_up(layout, tmp_path / "live.tar")
        writing.rollback()
    restore(Layout(tmp_path / "other"), tmp_path / "live.tar")
    with closing(sqlite3.connect(tmp_path / "other" / "prefect" / "prefect.db")) as copied:
        assert copied.execute("select data from task_run_state").fetchall() == [("committed",)]


def test_a_backup_replaces_no_file_and_does_not_hold_itself(layout: Layout, archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(Conflict, match="There is a file"):
        back_up(layout, archive)
    assert archive.read_bytes() == before
    with pytest.raises(Conflict, match="would lie in"):
        back_up(layout, layout.data_dir / "store" / "b.tar")


def test_where_no_stack_was_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="holds no embedded stack"):
        back_up(Layout(tmp_path / "none"), tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()


def test_nothing_is_restored_over_data_or_under_a_running_stack(
    layout: Layout, archive: Path
) -> None:
    with pytest.raises(Conflict, match="is not empty"):
        restore(layout, archive)
    with layout.lock(), pytest.raises(Conflict, match="Another stack uses"):
        restore(layout, archive)
    assert store_in(layout).read(KEY) == b"film"


def test_an_empty_directory_is_taken(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    restore(Layout(tmp_path / "other"), archive)
    assert store_in(Layout(tmp_path / "other")).read(KEY) == b"film"


@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.9])
def test_an_archive_that_was_cut_short_restores_nothing(
    archive: Path, tmp_path: Path, part: float
) -> None:
    content = archive.read_bytes()
    cut = tmp_path / "cut.tar"
    cut.write_bytes(content[: int(len(content.rstrip(b"\0")) * part)])
    refused(cut, tmp_path)


def refused(archive: Path, tmp_path: Path) -> ReelsError:
    """Restoring fails, and leaves nothing at all."""
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(InvalidInput) as failed:
        restore(Layout(home / "other"), archive)
    assert os.listdir(home) == []
    return failed.value


def plain(name: str, content: bytes = b"evil") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def special(name: str, kind: bytes, to: str = "") -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, to
    return member, b""


def changed(archive: Path, to: Path, change: Callable[[Members], Members]) -> Path:
    """The archive with other members between head and end, and an end that fits them."""
    with tarfile.open(archive) as opened:
        files = [each for each in opened.getmembers() if each.name not in (HEAD, END)]
        head = opened.extractfile(HEAD).read()  # type: ignore[union-attr]
        members = [(each, _content(opened, each)) for each in files]
    members = change(members)
    size_bytes = sum(member.size for member, _ in members if member.isreg())
    end = json.dumps({"files": len(members), "size_bytes": size_bytes}).encode()
    with tarfile.open(to, "w") as made:
        for member, content in [plain(HEAD, head), *members, plain(END, end)]:
            made.addfile(member, io.BytesIO(content))
    return to


def _content(opened: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = opened.extractfile(member) if member.isreg() else None
    return content.read() if content else b""


@pytest.mark.parametrize(
    "evil",
    [
        [plain("../evil")],
        [plain("/etc/evil")],
        [plain("store/../../evil")],
        [plain("store//evil")],
        [plain("store/./evil")],
        [plain("store\\..\\evil")],
        [plain("run/pipeline.sock")],
        [plain("stack.lock")],
        [plain("evil.py")],
        [plain("store")],
        [special("store/out", tarfile.SYMTYPE, "/etc")],
        [special("store/out", tarfile.SYMTYPE, "/etc"), plain("store/out/evil")],
        [special("store/out", tarfile.LNKTYPE, "/etc/passwd")],
        [special("store/out", tarfile.LNKTYPE, "../../evil")],
        [special("store/out", tarfile.LNKTYPE, "store/nowhere")],
        [special("store/pipe", tarfile.FIFOTYPE)],
        [special("store/device", tarfile.CHRTYPE)],
        [special("store/folder", tarfile.DIRTYPE)],
        [plain(f"store/{KEY}")],
        [plain("webhooks.sqlite-wal")],
    ],
    ids=lambda members: "+".join(member.name for member, _ in members),
)
def test_what_no_backup_holds_is_refused_before_anything_is_written(
    archive: Path, tmp_path: Path, evil: Members
) -> None:
    refused(changed(archive, tmp_path / "evil.tar", lambda members: [*members, *evil]), tmp_path)


def test_an_archive_that_is_only_packed_anew_restores(archive: Path, tmp_path: Path) -> None:
    """So that the tricks above are refused for what they are."""
    again = changed(archive, tmp_path / "again.tar", lambda members: members)
    restore(Layout(tmp_path / "other"), again)
    assert store_in(Layout(tmp_path / "other")).read(KEY) == b"film"


def test_a_damaged_database_is_refused(archive: Path, tmp_path: Path) -> None:
    def spoil(members: Members) -> Members:
        return [
            plain(member.name, b"x" * 8192) if member.name.endswith(".db") else (member, content)
            for member, content in members
        ]

    error = refused(changed(archive, tmp_path / "spoilt.tar", spoil), tmp_path)
    assert "prefect.db is no database" in error.message


def test_an_archive_without_a_database_and_one_of_another_kind_are_refused(
    archive: Path, tmp_path: Path
) -> None:
    def without(members: Members) -> Members:
        return [each for each in members if not each[0].name.endswith(".db")]

    error = refused(changed(archive, tmp_path / "less.tar", without), tmp_path)
    assert "database is missing" in error.message
    (tmp_path / "home").rmdir()
    (tmp_path / "text.tar").write_text("no archive at all")
    refused(tmp_path / "text.tar", tmp_path)
