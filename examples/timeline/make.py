"""Makes the pictures, the voice and the music of a small video, and its timeline file.

python examples/timeline/make.py out/timeline
python -m reels render out/timeline/timeline.json -o out/timeline/video.mp4
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from reels.captions import cues_from_words
from reels.document import Document, EffectEntry, LineEntry, MediaFile, ShotEntry
from reels.models import CaptionLook, Cue
from reels.music import music_maker
from reels.spans import shift
from reels.timeline import TitleCard, all_shot_frames, place_lines
from reels.voice import Speech, voice

SIZE_PX = (1080, 1920)
LINES = (
    "An octopus has three hearts.",
    "Two of them pump blood through the gills, and the third through the rest of its body.",
    "That third heart stops when the octopus swims, so it prefers to crawl.",
)
#: Sky above, sky at the horizon, and sea, for morning, noon and evening.
COLOURS = (
    ((38, 60, 110), (250, 190, 140), (28, 70, 110)),
    ((40, 120, 190), (190, 225, 240), (10, 90, 130)),
    ((30, 24, 70), (235, 110, 90), (30, 30, 80)),
)
#: How far down the sun stands.
SUN = (0.42, 0.25, 0.44)
MOTIONS = ("push_in", "pan_left", "zoom_out")


def draw(number: int, to: Path) -> Path:
    """A sea with a sun over it, a little larger than the video."""
    width, height = SIZE_PX[0] * 5 // 4, SIZE_PX[1] * 5 // 4
    top, low, sea = (np.array(colour, float) for colour in COLOURS[number])
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    picture = top + (low - top) * np.clip(y / 0.6, 0, 1)[..., None]
    far = np.hypot((x - 0.3 - 0.2 * number) * width / height, y - SUN[number])
    picture += 130 * np.exp(-((far / 0.09) ** 4))[..., None]
    for wave in range(7):
        line = 0.55 + 0.07 * wave + 0.012 * np.sin(9 * x + 2.4 * wave + number)
        line += 0.005 * np.sin(31 * x + 5 * wave)
        below = np.clip((y - line) * height / 2, 0, 1)[..., None]
        picture += (sea * (1.15 - 0.13 * wave) - picture) * below * 0.8
    Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(to, quality=88)
    return to


def speak(folder: Path) -> list[Speech]:
    speaker = voice("espeak")
    return [
        speaker.speak(line, language="en", voice="", to=folder / f"line-{number}.wav")
        for number, line in enumerate(LINES)
    ]


def captions(speeches: list[Speech], starts_s: tuple[float, ...]) -> tuple[Cue, ...]:
    """The cues of every line, on the clock of the video."""
    return tuple(
        cue
        for speech, start_s in zip(speeches, starts_s, strict=True)
        for cue in cues_from_words(shift(speech.words or (), start_s), size_px=SIZE_PX)
    )


def make(folder: Path) -> Path:
    """Write the media and the timeline file into `folder`; returns the timeline file."""
    media = folder / "media"
    media.mkdir(parents=True, exist_ok=True)
    speeches = speak(media)
    durations_s = [speech.duration_s for speech in speeches]
    starts_s, frames = place_lines(durations_s), all_shot_frames(durations_s)
    for number in range(len(LINES)):
        draw(number, media / f"sea-{number}.jpg")
    total_s = sum(frames) / 30
    music_maker("bed").compose(mood="calm", duration_s=total_s, seed=1, to=media / "music.wav")
    document = Document(
        version=1,
        size_px=SIZE_PX,
        shots=tuple(
            ShotEntry(
                media=MediaFile(path=Path("media", f"sea-{number}.jpg")),
                frames=count,
                motion=MOTIONS[number],
            )
            for number, count in enumerate(frames)
        ),
        cues=captions(speeches, starts_s),
        captions="box",
        caption_look=CaptionLook(active_colour="#FFB84D"),
        overlay="dust",
        title_card=TitleCard(title="Three hearts", subtitle="The octopus"),
        lines=tuple(
            LineEntry(media=MediaFile(path=Path("media", speech.path.name)), start_s=start_s)
            for speech, start_s in zip(speeches, starts_s, strict=True)
        ),
        music=MediaFile(path=Path("media/music.wav")),
        effects=tuple(
            EffectEntry(name="whoosh", at_s=sum(frames[:number]) / 30)
            for number in range(1, len(frames))
        ),
    )
    file = folder / "timeline.json"
    text = document.model_dump_json(indent=2, by_alias=True, exclude_defaults=True)
    file.write_text(text + "\n", encoding="utf-8")
    return file


if __name__ == "__main__":
    print(make(Path(sys.argv[1] if len(sys.argv) > 1 else "out/timeline")))
