"""A directory of this run's own, for files that tools need to see by a path."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reels.artifacts import ArtifactStore
from reels.models import ArtifactRef
from reels.settings import StoreSettings


@contextmanager
def workspace() -> Iterator[Path]:
    """A fresh directory beside the store (so that links work), removed at the end."""
    parent = StoreSettings().data_dir / "work"
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as directory:
        yield Path(directory)


def bring(store: ArtifactStore, ref: ArtifactRef, to: Path) -> Path:
    """The artifact as a local file in the directory `to`, named by its content."""
    target = to / f"{ref.sha256}{Path(ref.key).suffix}"
    if target.exists():
        return target
    to.mkdir(parents=True, exist_ok=True)
    return store.fetch(ref.key, target)
