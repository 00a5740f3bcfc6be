"""Segments: planned shot by shot, encoded once, joined by copy.

parts = encode_all(plan(timeline), directory)
join(parts, audio, to, work=work)
"""

from reels.cuts import GRID_S, TRANSITION_FRAMES
from reels.encode import encode, encode_all
from reels.grid import RENDERER, Encoder, Segment, Span, plan
from reels.join import join

__all__ = [
    "GRID_S",
    "RENDERER",
    "TRANSITION_FRAMES",
    "Encoder",
    "Segment",
    "Span",
    "encode",
    "encode_all",
    "join",
    "plan",
]
