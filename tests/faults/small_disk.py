"""A file system of a few bytes, where this user may mount one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class MayNot(Exception):
    """This user may not mount anything here."""


@contextmanager
def small_disk(directory: Path, size_bytes: int) -> Iterator[None]:
    """What is in `directory` is hidden by an empty file system while the body runs.

    Raises:
        MayNot: it cannot be mounted.
    """
    directory.mkdir(parents=True, exist_ok=True)
    options = f"size={size_bytes},mode=0777"
    words = ["mount", "-t", "tmpfs", "-o", options, "none", str(directory)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise MayNot(done.stderr.strip())
    try:
        yield
    finally:
        # Lazily: somebody may still have a file open there.
        subprocess.run(["umount", "-l", str(directory)], check=True)
