"""A film becomes a package of HLS in a directory, in steps that can be taken again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from reels import ffmpeg
from reels.hls.captions import write_captions
from reels.hls.cutting import OnPiece
from reels.hls.encode import PRESET, copy, encode
from reels.hls.ladder import Ladder, Variant
from reels.hls.master import MASTER, Captions, TrackFacts, complete, facts, master_playlist
from reels.hls.pieces import place
from reels.hls.playlists import INDEX, KEYS, key_playlist, media_playlist
from reels.hls.sound import encode_sounds
from reels.models import Cue

#: Called when the master playlist has been written, with the variants in it.
OnMaster = Callable[[tuple[Variant, ...]], None]


def package(
    path: Path,
    ladder: Ladder,
    root: Path,
    work: Path,
    *,
    captions: Mapping[Captions, Sequence[Cue]] | None = None,
    on_piece: OnPiece | None = None,
    on_master: OnMaster | None = None,
    group: ffmpeg.Group | None = None,
    preset: str = PRESET,
) -> tuple[Variant, ...]:
    """Package the film at `path` as `ladder` plans into the directory `root`.

    What lies in `root` already is kept: a package that was broken off goes on where it
    stopped, and a finished one is left as it is but for its playlists. The master playlist is
    written as soon as there is a variant that can be played to its end, and again when there
    are more. `on_piece` is called in other threads. Returns the variants, which are all.

    Raises:
        RenderError: the film cannot be decoded, or what is in `root` was encoded otherwise.
    """
    languages = tuple(captions or ())
    for language, cues in (captions or {}).items():
        write_captions(cues, language.language, ladder.grid, root)
    encode_sounds(path, ladder, root, work, on_piece=on_piece, group=group)
    copy(path, ladder, root, work, on_piece=on_piece, group=group)
    written = write_playlists(ladder, root, languages)
    if written and on_master:
        on_master(written)
    encode(path, ladder, root, work, on_piece=on_piece, group=group, preset=preset)
    every = write_playlists(ladder, root, languages)
    if every != written and on_master:
        on_master(every)
    return every


def write_playlists(
    ladder: Ladder, root: Path, captions: Sequence[Captions] = ()
) -> tuple[Variant, ...]:
    """Write the playlists of all complete tracks, and a master of the variants that have both.

    The master comes last, and not at all while no variant is complete. Returns those in it.

    Raises:
        RenderError: a segment is not whole.
    """
    variants = complete(ladder, root)
    names = dict.fromkeys(name for each in variants for name in (each.name, each.sound) if name)
    tracks = {name: facts(root / name) for name in names}
    return write_master(ladder, root, variants, tracks, captions)


def write_master(
    ladder: Ladder,
    root: Path,
    variants: Sequence[Variant],
    tracks: Mapping[str, TrackFacts],
    captions: Collection[Captions] = (),
) -> tuple[Variant, ...]:
    """Write playlists from facts that were measured before, wherever the segments lie now."""
    for name, found in tracks.items():
        place(media_playlist(found.pieces).encode(), root / name / INDEX)
        if found.head.size_px:
            place(key_playlist(found.pieces).encode(), root / name / KEYS)
    if variants:
        text = master_playlist(ladder, variants, tracks, tuple(captions))
        place(text.encode(), root / MASTER)
    return tuple(variants)
