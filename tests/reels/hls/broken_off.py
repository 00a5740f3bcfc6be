"""Packages a film and says on a line of its own what lies there; made to be killed.

Run as `python -m tests.reels.hls.broken_off FILM ROOT WORK`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from reels.hls import package, plan, source_of
from reels.hls.pieces import Piece


def say(name: str, piece: Piece) -> None:
    print(name, piece.number, flush=True)


if __name__ == "__main__":
    film, root, work = map(Path, sys.argv[1:4])
    package(film, plan(source_of(film, work)), root, work, on_piece=say, preset="medium")
