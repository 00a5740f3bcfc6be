"""The H.264 encoders that segments may be encoded with: their options for FFmpeg."""

from __future__ import annotations

from collections.abc import Callable

import cv2

from reels.grid import GRID_S, Encoder

Options = dict[str, str]

#: Converted and tagged alike in every part (ITU-R BT.709; chroma sited left).
_COLOUR: Options = {
    "color_range": "tv",
    "colorspace": "bt709",
    "color_primaries": "bt709",
    "color_trc": "bt709",
    "chroma_sample_location": "left",
}


def options(encoder: Encoder, fps: int) -> Options:
    """What FFmpeg's encoder is told: High profile, one closed GOP a segment, BT.709."""
    gop = str(GRID_S * fps)
    closed = {"profile": "high", "g": gop, "keyint_min": gop, "flags": "+cgop"}
    return {**closed, **_COLOUR, **_OWN[encoder.codec](encoder)}


#: x264's AVX-512 code reads memory that nobody has written (in `mbtree`), so the same
#: frames give other bytes from time to time, and other bytes than on a machine without
#: it. AVX2 does neither, at the same speed.
_UP_TO_AVX2 = "asm=MMX2,SSE2Fast,SSSE3,SSE4.2,AVX,FMA3,BMI2,AVX2"
#: OpenCV's number of the feature (cvdef.h), which has no name in Python.
_CPU_AVX_512F = 13


def _libx264(encoder: Encoder) -> Options:
    # `stitchable` keeps the headers free of what depends on the content: all parts share
    # the first one's when joined.
    own = ["stitchable=1"]
    if cv2.checkHardwareSupport(_CPU_AVX_512F):
        own.append(_UP_TO_AVX2)
    return {"preset": encoder.preset, "crf": str(encoder.crf), "x264-params": ":".join(own)}


_OWN: dict[str, Callable[[Encoder], Options]] = {"libx264": _libx264}
