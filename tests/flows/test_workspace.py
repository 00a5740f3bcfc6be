"""The workspace says plainly that there is no room, before work is begun and in its middle."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from flows import workspace as rooms
from flows.workspace import workspace
from reels.errors import StoreUnavailable


def test_a_workspace_is_gone_with_its_body(data_dir: Path) -> None:
    with workspace() as work:
        (work / "picture.png").write_bytes(b"p")
        assert work.parent == data_dir / "work"
    assert not work.exists()


def test_without_room_no_work_is_begun(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "ROOM_BYTES", 1 << 60)
    with pytest.raises(StoreUnavailable, match="disk is full"), workspace():
        pytest.fail("the body ran")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_in_the_middle_is_the_stores_error(
    data_dir: Path, number: int
) -> None:
    with pytest.raises(StoreUnavailable, match="disk is full"), workspace():
        raise OSError(number, os.strerror(number))


def test_other_errors_of_files_pass_as_they_are(data_dir: Path) -> None:
    with pytest.raises(FileNotFoundError), workspace() as work:
        (work / "nothing").read_bytes()
