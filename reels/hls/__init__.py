"""HLS: a film becomes segments and playlists that Apple's rules and real players accept.

ladder = plan(source_of(film, work))
package(film, ladder, directory, work)
check(directory, ladder.grid.length_s)
"""

from reels.hls.check import check
from reels.hls.ladder import Ladder, Sound, Variant
from reels.hls.master import Captions
from reels.hls.package import package, write_playlists
from reels.hls.plan import plan
from reels.hls.source import Source, source_of

__all__ = [
    "Captions",
    "Ladder",
    "Sound",
    "Source",
    "Variant",
    "check",
    "package",
    "plan",
    "source_of",
    "write_playlists",
]
