"""The H.264 encoders that segments may be encoded with: what FFmpeg is told, and their ways.

What they have in common: High profile, BT.709, one closed GOP for a segment. Hardware
encoders make no B-frames: older chips cannot, and without them decoding and showing are
in one order, so that no part needs another delay than the next one where they are joined.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import cv2

from reels.cuts import GRID_S
from reels.grid import CodecName, Encoder

Options = dict[str, str]

#: Converted and tagged alike in every part (ITU-R BT.709; chroma sited left).
COLOUR: Options = {
    "color_range": "tv",
    "colorspace": "bt709",
    "color_primaries": "bt709",
    "color_trc": "bt709",
    "chroma_sample_location": "left",
}


class Codec(NamedTuple):
    """One encoder.

    `usual` is how it is used when nobody says otherwise. `pixel_format` is what it takes.
    `keeps_frames` says that it may read a frame after the next one has been handed over,
    so that each needs memory of its own. `sessions` is how many encodings it does at once.
    """

    usual: Encoder
    own: Callable[[Encoder], Options]
    pixel_format: str = "yuv420p"
    keeps_frames: bool = True
    sessions: int | None = None


def options(encoder: Encoder, fps: int) -> Options:
    """What FFmpeg's encoder is told: High profile, one closed GOP a segment, BT.709."""
    gop = str(GRID_S * fps)
    closed = {"profile": "high", "g": gop, "keyint_min": gop, "flags": "+cgop"}
    return {**closed, **COLOUR, **CODECS[encoder.codec].own(encoder)}


#: x264's AVX-512 code reads memory that nobody has written (in `mbtree`), so the same
#: frames give other bytes from time to time, and other bytes than on a machine without
#: it. AVX2 does neither, at the same speed.
_UP_TO_AVX2 = "asm=MMX2,SSE2Fast,SSSE3,SSE4.2,AVX,FMA3,BMI2,AVX2"
#: OpenCV's number of the feature (cvdef.h), which has no name in Python.
_CPU_AVX_512F = 13


#: Presets without `mbtree`. Their look-ahead serves nothing but to place B-frames and to find
#: cuts, of which a segment has none: the same quality takes a tenth less work without it, and
#: fewer bytes. What hardly changes would get a quality that nobody sees, at ten times the
#: bytes, but for `qcomp`, which x264 itself sets to 1 where it has `mbtree`.
_BY_HAND = ("superfast",)
_FIXED = ("b-adapt=0", "scenecut=0", "qcomp=1")


def _libx264(encoder: Encoder) -> Options:
    # `stitchable` keeps the headers free of what depends on the content: all parts share
    # the first one's when joined.
    own = ["stitchable=1"]
    if encoder.preset in _BY_HAND:
        own += _FIXED
    if cv2.checkHardwareSupport(_CPU_AVX_512F):
        own.append(_UP_TO_AVX2)
    return {"preset": encoder.preset, "crf": str(encoder.crf), "x264-params": ":".join(own)}


def _h264_nvenc(encoder: Encoder) -> Options:
    # A target quality (`cq`) counts only with a variable rate that has no rate to keep to.
    return {
        "preset": encoder.preset,
        "tune": "hq",
        "rc": "vbr",
        "cq": str(encoder.crf),
        "b": "0",
        "bf": "0",
        "forced-idr": "1",
        "spatial-aq": "1",
    }


def _h264_qsv(encoder: Encoder) -> Options:
    # A `global_quality` without +qscale is "intelligent constant quality" (ICQ), 1 to 51.
    return {
        "preset": encoder.preset,
        "global_quality": str(max(1, encoder.crf)),
        "bf": "0",
        "adaptive_i": "0",
        "forced_idr": "1",
    }


#: FFmpeg's unit of quality in `global_quality` (FF_QP2LAMBDA).
_LAMBDA = 118


def _h264_videotoolbox(encoder: Encoder) -> Options:
    # Apple counts quality from 0 to 100, 100 being the best.
    quality = round(100 * (1 - encoder.crf / 51))
    return {
        "flags": "+cgop+qscale",
        "global_quality": str(quality * _LAMBDA),
        "bf": "0",
        "allow_sw": "0",
    }


#: NVIDIA's drivers allow a number of encodings at once on consumer cards: 5 at first, then 8.
_NVENC_SESSIONS = 4

CODECS: dict[CodecName, Codec] = {
    "libx264": Codec(Encoder(), _libx264, keeps_frames=False),
    "h264_nvenc": Codec(
        Encoder(codec="h264_nvenc", preset="p5", crf=19), _h264_nvenc, sessions=_NVENC_SESSIONS
    ),
    "h264_qsv": Codec(
        Encoder(codec="h264_qsv", preset="medium", crf=19), _h264_qsv, pixel_format="nv12"
    ),
    "h264_videotoolbox": Codec(
        Encoder(codec="h264_videotoolbox", preset="medium", crf=16), _h264_videotoolbox
    ),
}
