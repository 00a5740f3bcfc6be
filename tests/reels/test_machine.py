"""What a container leaves of its machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from reels.machine import NONE, cores, memory_bytes, memory_limit_bytes, processor_share

V2 = "0::/kubepods/pod7/box\n"
V1 = "5:memory:/docker/box\n3:cpu,cpuacct:/docker/box\n1:name=systemd:/\n"


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content + "\n")


def test_the_lowest_of_all_limits_above_a_process_counts(tmp_path: Path) -> None:
    write(tmp_path / "kubepods/pod7/box", memory__max="max", cpu__max="max 100000")
    write(tmp_path / "kubepods/pod7", memory__max="2147483648", cpu__max="250000 100000")
    write(tmp_path / "kubepods", memory__max="8589934592", cpu__max="800000 100000")
    assert memory_limit_bytes(tmp_path, V2) == 2 << 30
    assert processor_share(tmp_path, V2) == 2.5


def test_a_container_that_sees_only_its_own_group_has_its_limits(tmp_path: Path) -> None:
    write(tmp_path, memory__max="536870912", cpu__max="50000 100000")
    assert memory_limit_bytes(tmp_path, V2) == 512 << 20
    assert processor_share(tmp_path, V2) == 0.5


@pytest.mark.parametrize("seen", ["", "docker/box"], ids=["its own only", "the whole tree"])
def test_limits_of_the_older_kind_count_as_well(tmp_path: Path, seen: str) -> None:
    write(tmp_path / "memory" / seen, memory__limit_in_bytes="1073741824")
    write(tmp_path / "cpu,cpuacct" / seen, cpu__cfs_quota_us="1", cpu__cfs_period_us="1")
    write(tmp_path / "cpu" / seen, cpu__cfs_quota_us="300000", cpu__cfs_period_us="100000")
    assert memory_limit_bytes(tmp_path, V1) == 1 << 30
    assert processor_share(tmp_path, V1) == 3


def test_what_is_not_limited_is_not(tmp_path: Path) -> None:
    write(tmp_path / "cpu", cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000")
    assert processor_share(tmp_path, V1) == NONE
    assert memory_limit_bytes(tmp_path, V1) == NONE
    assert processor_share(tmp_path / "none", "") == NONE


def test_this_machine_has_a_processor_and_memory() -> None:
    assert cores() >= 1
    assert 64 << 20 < memory_bytes() < NONE
