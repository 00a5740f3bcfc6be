"""Boxes, rates and playlists, by themselves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from reels.errors import RenderError
from reels.hls.bandwidth import key_rates, rates
from reels.hls.boxes import Sample, boxes, find, runs
from reels.hls.fragments import fragment, segment_type
from reels.hls.pieces import Key, Piece, finished, piece_name, place
from reels.hls.playlists import key_playlist, media_playlist
from reels.hls.reading import attributes, read_playlist

PICTURES = (
    Sample(5, 512, 1024, True),
    Sample(3, 512, 1024, False),
    Sample(2, 512, -1024, False),
)


def test_a_fragment_that_is_written_is_read_again() -> None:
    content = segment_type() + fragment(7, 1 << 33, PICTURES, b"0123456789")
    (found,) = runs(content)
    assert (found.number, found.decode_time, found.samples) == (7, 1 << 33, PICTURES)
    assert content[found.data : found.end] == b"0123456789"
    assert [box.kind for box in boxes(content)] == [b"styp", b"moof", b"mdat"]


def test_sound_that_is_written_is_read_again() -> None:
    packets = tuple(Sample(size, 1024, 0, True) for size in (4, 9, 1))
    (found,) = runs(fragment(1, 0, packets, bytes(14)))
    assert found.samples == packets


@pytest.mark.parametrize("cut", [1, 9, 40, -1])
def test_a_fragment_that_is_cut_off_is_an_error(cut: int) -> None:
    content = fragment(1, 0, PICTURES, b"0123456789")
    with pytest.raises(RenderError, match="cut off"):
        list(runs(content[:cut] if cut > 0 else content[:-1]))


def test_a_box_that_is_not_there_is_named() -> None:
    with pytest.raises(RenderError, match="lacks its box moov"):
        find(segment_type(), b"moov")


def piece(number: int, start: int, seconds: int, size: int, *keys: Key) -> Piece:
    return Piece(
        number=number,
        start_s=Fraction(start),
        duration_s=Fraction(seconds),
        size_bytes=size,
        keys=keys,
    )


def test_the_peak_is_that_of_segments_that_last_from_three_to_nine_seconds_together() -> None:
    # The last one is too short to count alone, and counts with the one before it.
    pieces = [piece(0, 0, 6, 6000), piece(1, 6, 6, 3000), piece(2, 12, 2, 9000)]
    assert rates(pieces).peak == 8 * 12000 // 8
    assert rates(pieces).average == -(-8 * 18000 // 14)


def test_a_film_that_is_shorter_than_any_window_has_its_average_as_its_peak() -> None:
    assert rates([piece(0, 0, 1, 500)]) == (4000, 4000)


KEYS = (
    Key(start_s=Fraction(0), offset_bytes=24, size_bytes=300),
    Key(start_s=Fraction(2), offset_bytes=900, size_bytes=500),
)


def test_pictures_to_start_from_have_rates_of_their_own() -> None:
    assert key_rates([piece(0, 0, 4, 2000, *KEYS)]).average == 1600


def test_playlists_say_what_was_measured(tmp_path: Path) -> None:
    pieces = [piece(0, 0, 4, 2000, *KEYS)]
    (tmp_path / "index.m3u8").write_text(media_playlist(pieces))
    (tmp_path / "keys.m3u8").write_text(key_playlist(pieces))
    segments, keys = (read_playlist(tmp_path / name) for name in ("index.m3u8", "keys.m3u8"))
    assert segments.init == keys.init == "init.mp4"
    assert segments.tags["#EXT-X-PLAYLIST-TYPE"] == "VOD"
    assert segments.entries == (("s00000.m4s", 4, None),)
    assert keys.entries == (("s00000.m4s", 2, (24, 300)), ("s00000.m4s", 2, (900, 500)))
    assert "#EXT-X-I-FRAMES-ONLY" in keys.tags


def test_attributes_may_hold_commas_in_quotes() -> None:
    assert attributes('CODECS="avc1.64001e,mp4a.40.2",FRAME-RATE=30.000') == {
        "CODECS": "avc1.64001e,mp4a.40.2",
        "FRAME-RATE": "30.000",
    }


def test_segments_count_up_to_the_first_gap_and_not_without_their_init(tmp_path: Path) -> None:
    for number in (0, 1, 3):
        place(b"content", tmp_path / piece_name(number))
    (tmp_path / ".part-xyz").write_bytes(b"torn")
    assert finished(tmp_path) == 0
    place(b"init", tmp_path / "init.mp4")
    assert finished(tmp_path) == 2
    assert finished(tmp_path / "nowhere") == 0
