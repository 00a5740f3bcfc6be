"""Small pictures, timelines and sounds for the tests of the renderer, and readers of results."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reels.models import Cue, Motion
from reels.timeline import Media, Shot, Timeline

SMALL = (180, 320)
RATE = 48_000


def flat(path: Path, colour: tuple[int, int, int], size_px: tuple[int, int] = SMALL) -> Media:
    Image.new("RGB", size_px, colour).save(path)
    return Media.of(path)


def noisy(path: Path, seed: int, size_px: tuple[int, int] = SMALL) -> Media:
    """A picture with soft structure, as a photo has."""
    coarse = np.random.default_rng(seed).integers(30, 225, (12, 8, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize(size_px, Image.Resampling.BICUBIC).save(path)
    return Media.of(path)


def timeline(
    folder: Path,
    frames: tuple[int, ...] = (70, 50),
    *,
    motion: Motion = "zoom_in",
    cues: tuple[Cue, ...] = (),
    size_px: tuple[int, int] = SMALL,
    **changes: object,
) -> Timeline:
    shots = tuple(
        Shot(media=noisy(folder / f"{n}.png", n, size_px), frames=count, motion=motion)
        for n, count in enumerate(frames)
    )
    return Timeline.model_validate({"size_px": size_px, "shots": shots, "cues": cues, **changes})


def decoded(path: Path) -> list[NDArray[np.uint8]]:
    """Every frame as RGB."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def sound_of(path: Path) -> NDArray[np.float32]:
    """Mono samples from time 0 on, placed by their time stamps."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    end = max(round(f.time * RATE) + f.samples for f in frames)
    sound = np.zeros(end, np.float32)
    for frame in frames:
        part = frame.to_ndarray().mean(axis=0)
        start = round(frame.time * RATE)
        part = part[max(0, -start) :]
        sound[max(0, start) : max(0, start) + len(part)] = part
    return sound


def write_wav(path: Path, samples: NDArray[np.floating], rate: int = RATE) -> Path:
    """Mono or (channels, samples), as 16-bit PCM."""
    channels = np.atleast_2d(samples)
    pcm = np.rint(np.clip(channels, -1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.ascontiguousarray(pcm.T).tobytes())
    return path


def speech_like(seconds: float, level: float, seed: int = 0) -> NDArray[np.float64]:
    """Noise in syllables: what a meter takes for speech."""
    random = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    noise = np.convolve(random.standard_normal(len(t)), np.ones(12) / 12, "same")
    return level * noise * (0.55 + 0.45 * np.sin(2 * np.pi * 4 * t))
