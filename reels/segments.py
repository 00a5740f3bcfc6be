"""Segments: planned on the 2 s grid, encoded once, joined by copy.

parts = encode_all(plan(timeline), directory)
join(parts, audio, to, work=work)
"""

from reels.encode import encode, encode_all
from reels.grid import DISSOLVE_FRAMES, GRID_S, RENDERER, Encoder, Segment, Span, plan
from reels.join import join

__all__ = [
    "DISSOLVE_FRAMES",
    "GRID_S",
    "RENDERER",
    "Encoder",
    "Segment",
    "Span",
    "encode",
    "encode_all",
    "join",
    "plan",
]
