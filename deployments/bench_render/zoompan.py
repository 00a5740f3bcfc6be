"""The usual ffmpeg recipe: pictures scaled up four times, `zoompan`, `concat`, `ass`, x264."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import ImageFont

from deployments.bench_render.cue_states import EM_PX, FONT, OUTLINE_PX, SetCue, set_cues
from deployments.bench_render.finished import x264_options
from reels import ffmpeg
from reels.motion import view
from reels.timeline import Shot, Timeline

UPSCALE = 4

_BT709 = "out_color_matrix=bt709:out_range=tv"
_ASS = """[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
WrapStyle: 2

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, BorderStyle, Outline, Shadow, \
Alignment
Style: Text,{face},{size},&H00FFFFFF,&H00000000,1,{outline},0,8

[Events]
Format: Layer, Start, End, Style, Text
"""


def command(timeline: Timeline, desk: Path, to: Path, upscale: int = UPSCALE) -> list[str]:
    """ffmpeg's command line for `timeline`, whose transitions must be cuts.

    The move is our own, as an expression; x264 has our own settings.
    """
    options = x264_options(timeline.fps, threads=0)
    return [*_graph(timeline, desk, upscale), *options, "-an", str(to)]


def raw_command(timeline: Timeline, desk: Path, to: Path, upscale: int) -> list[str]:
    """The same frames as raw yuv420p, not encoded."""
    return [*_graph(timeline, desk, upscale), "-pix_fmt", "yuv420p", "-f", "rawvideo", str(to)]


def _graph(timeline: Timeline, desk: Path, upscale: int) -> list[str]:
    inputs = [word for shot in timeline.shots for word in ("-i", str(shot.media.path))]
    chains = [_chain(number, shot, timeline, upscale) for number, shot in enumerate(timeline.shots)]
    pads = "".join(f"[v{number}]" for number in range(len(chains)))
    tail = f"{pads}concat=n={len(chains)}:v=1:a=0"
    if timeline.cues and timeline.captions != "none":
        tail += f",{_captions(timeline, desk)}"
    graph = ";".join([*chains, f"{tail}[out]"])
    base = [ffmpeg.binary(), "-hide_banner", "-loglevel", "error", "-y"]
    return [*base, *inputs, "-filter_complex", graph, "-map", "[out]"]


def _chain(number: int, shot: Shot, timeline: Timeline, upscale: int) -> str:
    width, height = timeline.size_px
    large = f"{width * upscale}:{height * upscale}"
    zoom = _zoom(shot)
    return (
        f"[{number}:v]scale={large}:force_original_aspect_ratio=increase:{_BT709},"
        f"crop={large},format=yuv420p,"
        f"zoompan=z='{zoom}':x='(iw-iw/zoom)/2':y='(ih-ih/zoom)/2':d={shot.frames}"
        f":s={width}x{height}:fps={timeline.fps},setsar=1[v{number}]"
    )


def _zoom(shot: Shot) -> str:
    """Our zoom as a polynomial in the frame's number, exact to a millionth."""
    frames = np.arange(shot.frames)
    t = frames / max(1, shot.frames - 1)
    zooms = [view(shot.motion, int(frame), shot.frames).zoom for frame in frames]
    factors = np.polynomial.Polynomial.fit(t, zooms, 8, domain=[0, 1], window=[0, 1]).coef
    assert np.abs(np.polynomial.polynomial.polyval(t, factors) - zooms).max() < 1e-6
    nested = f"{factors[-1]:.10f}"
    for factor in factors[-2::-1]:
        nested = f"{factor:.10f}+on/{max(1, shot.frames - 1)}*({nested})"
    return nested


def _captions(timeline: Timeline, desk: Path) -> str:
    """Write an ASS script with one event per lit word; returns the filter that shows it."""
    script, fonts = desk / "captions.ass", desk / "fonts"
    fonts.mkdir(exist_ok=True)
    shutil.copy(FONT, fonts)
    width, height = timeline.size_px
    # libass scales a face until its ascent and descent together are the size; it knows a
    # CFF face by its PostScript name, which is also the file's.
    size = sum(ImageFont.truetype(FONT, EM_PX).getmetrics())
    head = _ASS.format(
        width=width,
        height=height,
        face=FONT.stem,
        size=size,
        outline=OUTLINE_PX,
    )
    cues = set_cues(timeline.cues, timeline.size_px)
    script.write_text(head + "\n".join(line for cue in cues for line in _events(cue, width)) + "\n")
    return f"ass=filename='{script}':fontsdir='{fonts}'"


def _events(cue: SetCue, width: int) -> Sequence[str]:
    lines = []
    place = f"{{\\an8\\pos({width / 2:g},{cue.lines[0].y:g})}}"
    starts = [cue.start_s, *(state.start_s for state in cue.states[1:])]
    for start_s, state in zip(starts, cue.states, strict=True):
        text = _lit(cue, state.number)
        times = f"{_clock(start_s)},{_clock(state.end_s)}"
        lines.append(f"Dialogue: 0,{times},Text,{place}{text}")
    return lines


def _lit(cue: SetCue, lit: int) -> str:
    words = iter(range(sum(len(line.words) for line in cue.lines)))
    rows = []
    for line in cue.lines:
        row = [
            f"{{\\c&H1FD4FF&}}{word}{{\\c&HFFFFFF&}}" if next(words) == lit else word
            for word in line.words
        ]
        rows.append(" ".join(row))
    return "\\N".join(rows)


def _clock(seconds: float) -> str:
    hundredths = round(seconds * 100)
    minutes, rest = divmod(hundredths, 6000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest // 100:02}.{rest % 100:02}"
