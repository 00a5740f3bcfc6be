"""Reelwright's knowledge: storyboards, pictures, voices, captions, sound and the renderer.

Used alone it needs no Prefect:

    from reels import render

    report = render("timeline.json", "video.mp4")

`docs/timeline.md` describes timeline files; `python -m reels --help` is the same as a command.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# NumPy's OpenBLAS starts a thread for each core as it is imported, and they wait by turning:
# a third of the processor time that this house takes to start. Its matrices are of 3 by 4.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from reels.document import Document, load
    from reels.grid import Encoder
    from reels.rendering import Progress, Report, render
    from reels.segment_cache import Cache
    from reels.timeline import Timeline

__version__ = "0.1.0"

__all__ = [
    "Cache",
    "Document",
    "Encoder",
    "Progress",
    "Report",
    "Timeline",
    "load",
    "render",
]

_HOMES = {
    "Cache": "reels.segment_cache",
    "Document": "reels.document",
    "Encoder": "reels.grid",
    "Progress": "reels.rendering",
    "Report": "reels.rendering",
    "Timeline": "reels.timeline",
    "load": "reels.document",
    "render": "reels.rendering",
}


def __getattr__(name: str) -> Any:
    # Looked up when used, so that importing one module of the house does not import all.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
