"""A hardware encoder put to the proof, in a process that a driver may crash.

python -m reels.trial h264_nvenc

Two short shots go the whole way: drawn, encoded as two parts, joined. The result must have
every frame where it belongs and look as libx264's does. Prints what is wrong, as JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import av
import av.logging
import cv2
import numpy as np
from numpy.typing import NDArray

from reels.codecs import CODECS
from reels.encode import encode_all
from reels.errors import RenderError
from reels.grid import Encoder, plan
from reels.join import join
from reels.probe import probe
from reels.timeline import Media, Shot, Timeline

SIZE_PX = (360, 640)
FRAMES = 12
#: How far two encodings of the same frame may lie apart in luma, on average: a wrong frame
#: is off by 60 and more.
_MOST_APART = 5.0


def prove(encoder: Encoder) -> str:
    """Encode, join and look; returns what is wrong with the result, or with the encoder.

    Nothing is said of an encoder that works.
    """
    with tempfile.TemporaryDirectory() as folder:
        desk = Path(folder)
        timeline = _timeline(desk)
        try:
            video = _made(timeline, encoder, desk)
        except RenderError as error:
            return error.message
        return _fault(video, _made(timeline, CODECS["libx264"].usual, desk))


def _timeline(desk: Path) -> Timeline:
    shots = tuple(
        Shot(media=_picture(desk / f"{seed}.png", seed), frames=FRAMES, motion="zoom_in")
        for seed in range(2)
    )
    return Timeline(
        size_px=SIZE_PX, shots=shots, transition="cut", fade_in_frames=0, fade_out_frames=0
    )


def _picture(path: Path, seed: int) -> Media:
    """Coloured clouds, bright ones or dark ones, so that no shot could pass for the other."""
    coarse = np.random.default_rng(seed).integers(0, 128, (16, 9, 3)) + 127 * seed
    cv2.imwrite(str(path), cv2.resize(coarse.astype(np.uint8), SIZE_PX))
    return Media.of(path)


def _made(timeline: Timeline, encoder: Encoder, desk: Path) -> Path:
    parts = encode_all(plan(timeline, encoder), desk / encoder.codec, 1)
    return join(parts, None, desk / f"{encoder.codec}.mp4", work=desk)


def _fault(video: Path, like: Path) -> str:
    """What is wrong with a video that should show what another one shows."""
    found, wanted = probe(video).video, probe(like).video
    if found is None or wanted is None:
        return "It made no video."
    is_, should = found.model_dump(), wanted.model_dump()
    wrong = [f"{name} {is_[name]}, not {should[name]}" for name in is_ if is_[name] != should[name]]
    if wrong:
        return f"Its video has {'; '.join(wrong)}."
    pairs = zip(_lumas(video), _lumas(like), strict=True)
    apart = [float(np.abs(one - other).mean()) for one, other in pairs]
    worst = int(np.argmax(apart))
    if apart[worst] > _MOST_APART:
        return f"Frame {worst} is off by {apart[worst]:.1f} of 255."
    return ""


def _lumas(video: Path) -> list[NDArray[np.int16]]:
    with av.open(str(video)) as container:
        return [
            frame.to_ndarray(format="gray").astype(np.int16) for frame in container.decode(video=0)
        ]


if __name__ == "__main__":
    # FFmpeg's own words say more than its error numbers.
    av.logging.set_level(av.logging.ERROR)
    wanted = next(each for name, each in CODECS.items() if name == sys.argv[1])
    print(json.dumps({"fault": prove(wanted.usual)}))
