"""MoviePy's contender: the video as its users make it. Runs in an interpreter that has MoviePy.

python moviepy_video.py JOB.json OUT.mp4

Each picture is scaled to the frame once and then by a function of time; captions are a
TextClip for every line of a cue and one for every lit word over it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from moviepy import (  # type: ignore[import-not-found,unused-ignore]
    CompositeVideoClip,
    ImageClip,
    TextClip,
)


def main(job: dict[str, Any], to: str) -> None:
    size = tuple(job["size_px"])
    shot_s: float = job["shot_s"]
    zoom: float = job["zoom"]

    def grown(t: float) -> float:
        return 1 + (zoom - 1) * min(1.0, t / shot_s)

    layers = [
        ImageClip(picture)
        .resized(size)
        .with_duration(shot_s)
        .resized(grown)
        .with_position("center")
        .with_start(number * shot_s)
        for number, picture in enumerate(job["pictures"])
    ]
    for cue in job["cues"]:
        for line in cue["lines"]:
            layers.append(text_clip(job, line, job["colour"], cue["start_s"], cue["end_s"]))
        for lit in cue["lit"]:
            layers.append(text_clip(job, lit, job["lit_colour"], lit["start_s"], lit["end_s"]))
    video = CompositeVideoClip(layers, size=size).with_duration(job["duration_s"])
    video.write_videofile(
        to,
        fps=job["fps"],
        codec="libx264",
        audio=False,
        preset=job["preset"],
        threads=2,
        pixel_format="yuv420p",
        ffmpeg_params=["-crf", str(job["crf"])],
        logger=None,
    )


def text_clip(job: dict[str, Any], text: Any, colour: str, start_s: float, end_s: float) -> Any:
    clip = TextClip(
        font=job["font"],
        text=text["text"],
        font_size=job["em_px"],
        color=colour,
        stroke_color="#000000",
        stroke_width=job["outline_px"],
        # Without a margin MoviePy cuts the outline and the descenders off.
        margin=(10, 20),
    )
    place = (text["x"] - 10, text["y"] - 20)
    return clip.with_start(start_s).with_end(end_s).with_position(place)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2])
