"""The checker finds every breach of the rules that it is there for."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from reels.errors import CheckFailed
from reels.hls import check, write_playlists
from reels.hls.boxes import find, runs
from reels.hls.encode import encode
from tests.reels.hls.conftest import Made

pytestmark = pytest.mark.slow

Spoil = Callable[[Path], None]


def text(file: str, old: str, new: str) -> Spoil:
    """Replace what a regular expression matches, all over a file."""

    def spoil(root: Path) -> None:
        before = (root / file).read_text(encoding="utf-8")
        after = re.sub(old, new, before, flags=re.MULTILINE)
        assert after != before
        (root / file).write_text(after, encoding="utf-8")

    return spoil


def swapped_lines(root: Path) -> None:
    lines = (root / "master.m3u8").read_text(encoding="utf-8").splitlines()
    at = [n for n, line in enumerate(lines) if line.startswith("#EXT-X-STREAM-INF")]
    first, second = at[0], at[1]
    lines[first : first + 2], lines[second : second + 2] = (
        lines[second : second + 2],
        lines[first : first + 2],
    )
    (root / "master.m3u8").write_text("\n".join(lines) + "\n", encoding="utf-8")


def sample_byte(track: str, group: int, change: Callable[[int], int], byte: int = 4) -> Spoil:
    """Change one byte of a group's first picture; byte 4 is the header of its first unit."""

    def spoil(root: Path) -> None:
        file = root / track / "s00000.m4s"
        content = bytearray(file.read_bytes())
        at = list(runs(bytes(content)))[group].data
        while content[at + 4] & 0x1F != 5:
            at += 4 + int.from_bytes(content[at : at + 4], "big")
        content[at + byte] = change(content[at + byte])
        file.write_bytes(content)

    return spoil


def box_field(track: str, segment: int, path: tuple[bytes, ...], at: int, value: bytes) -> Spoil:
    """Overwrite bytes of a box in a segment's first fragment."""

    def spoil(root: Path) -> None:
        file = root / track / f"s{segment:05}.m4s"
        content = bytearray(file.read_bytes())
        start = find(bytes(content), *path).body + at
        content[start : start + len(value)] = value
        file.write_bytes(content)

    return spoil


def cut_short(root: Path) -> None:
    file = root / "v360" / "s00001.m4s"
    file.write_bytes(file.read_bytes()[:-10])


def codec_byte(root: Path) -> None:
    file = root / "v360" / "init.mp4"
    content = bytearray(file.read_bytes())
    content[content.index(b"avcC") + 7] = 52
    file.write_bytes(content)


TRAF = (b"moof", b"traf")
SPOILT: dict[str, tuple[Spoil, str]] = {
    "independent": (text("master.m3u8", "^#EXT-X-INDEP.*\n", ""), "does not say that segments"),
    "average": (
        text("master.m3u8", "(STREAM-INF:.*)AVERAGE-BANDWIDTH=\\d+,", r"\1"),
        "It lacks AVERAGE-BANDWIDTH",
    ),
    "frame_rate": (text("master.m3u8", "FRAME-RATE=30", "FRAME-RATE=25"), "FRAME-RATE is 25"),
    "codecs": (text("master.m3u8", r"avc1\.\w{4}", "avc1.4d40"), "CODECS are avc1.4d40"),
    "size": (text("master.m3u8", "RESOLUTION=360", "RESOLUTION=352"), "RESOLUTION is 352"),
    "rate": (text("master.m3u8", "([,:])BANDWIDTH=", r"\1BANDWIDTH=1"), "BANDWIDTH is 1"),
    "order": (swapped_lines, "is not the first"),
    "cellular": (text("master.m3u8", "([,:])BANDWIDTH=", r"\1BANDWIDTH=9"), "No variant has"),
    "keys_missing": (text("master.m3u8", "^#EXT-X-I-FRAME.*v360.*\n", ""), "Not every variant"),
    "vod": (text("v234/index.m3u8", "VOD", "EVENT"), "not one of a finished film"),
    "extinf": (text("v234/index.m3u8", "EXTINF:6", "EXTINF:5"), "lasts 6.000 s, not 5.000"),
    "target": (text("audio/index.m3u8", "DURATION:6", "DURATION:4"), "the target duration"),
    "no_idr": (sample_byte("v360", 1, lambda b: b & 0xE0 | 1), "not start with an IDR"),
    "key_no_idr": (sample_byte("v360", 2, lambda b: b & 0xE0 | 1), "entry 2 are not one IDR"),
    "key_bytes": (text("v360/keys.m3u8", r"BYTERANGE:(\d+)@", r"BYTERANGE:1\1@"), "not one IDR"),
    "keys_fewer": (text("v360/keys.m3u8", r"^#EXTINF:2.*\n.*\n.*00001.*\n", ""), "hold all pict"),
    "tfdt": (box_field("v360", 1, (*TRAF, b"tfdt"), 11, b"\x01"), "what is before ends at"),
    "number": (box_field("audio", 1, (b"moof", b"mfhd"), 7, b"\x09"), "should be number 2"),
    "not_key": (box_field("v360", 0, (*TRAF, b"trun"), 12, b"\x01\x01"), "marked as such"),
    "open": (box_field("v360", 0, (*TRAF, b"trun"), 20, b"\0\0\x40\0"), "is not closed"),
    "cut_short": (cut_short, "cut off"),
    "level": (codec_byte, "level 52, over High 4.2"),
    "captions": (text("text-ru/s00000.vtt", "^X-TIME.*\n", ""), "does not map its times"),
    "cue": (text("text-ru/s00001.vtt", "00:0\\d:", "00:09:"), "cue of another segment"),
}


def test_a_package_as_it_must_be_passes(finished_package: Made) -> None:
    check(finished_package.root, finished_package.ladder.grid.length_s)


@pytest.mark.parametrize("name", SPOILT)
def test_a_breach_is_found_and_named(name: str, own_copy: Made) -> None:
    spoil, said = SPOILT[name]
    spoil(own_copy.root)
    with pytest.raises(CheckFailed, match=said):
        check(own_copy.root, own_copy.ladder.grid.length_s)


def test_a_package_that_is_two_frames_too_short_is_found(finished_package: Made) -> None:
    length_s = finished_package.ladder.grid.length_s + Fraction(2, 30)
    with pytest.raises(CheckFailed, match=r"lasts 8\.000 s, and the film 8\.067 s"):
        check(finished_package.root, length_s)


def test_a_variant_cut_elsewhere_is_found(own_copy: Made, tmp_path: Path) -> None:
    film, ladder, root = own_copy
    shutil.rmtree(root / "v234")
    grid = ladder.grid.model_copy(update={"segments": (0, 120)})
    other = ladder.model_copy(update={"grid": grid})
    encode(film, other, root, tmp_path, only=["v234"], preset="ultrafast")
    write_playlists(ladder, root)
    with pytest.raises(CheckFailed, match=r"v234/index\.m3u8: It is not cut where"):
        check(root, ladder.grid.length_s)


def test_a_peak_over_twice_the_average_is_found(finished_package: Made) -> None:
    with pytest.raises(CheckFailed, match="more than twice its average"):
        check(finished_package.root, finished_package.ladder.grid.length_s, most_peak_share=0.5)


def test_a_directory_without_a_package_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match="cannot be read"):
        check(tmp_path, Fraction(1))
