"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path


def publish(source: Path, to: Path) -> Path:
    """Move `source` to `to` so that a reader sees all of it or nothing; returns `to`."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=to.parent, prefix=".part-", delete=False) as part:
        beside = Path(part.name)
    try:
        shutil.move(source, beside)
        beside.chmod(0o644)
        os.replace(beside, to)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return to
