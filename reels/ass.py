"""Captions as an ASS script for libass, cut to the frames of one segment.

Every state of a caption is an event of its own with times that lie between two frames,
so a cue that crosses a segment's border looks the same as in one piece, and a segment's
script holds nothing of what happens outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reels.caption_look import Look, faces_of, look_for, set_lines
from reels.captions import timed_words
from reels.models import CaptionStyle, Cue
from reels.typeface import Typeface

#: Colours as ASS writes them: blue, green, red.
WHITE = "FFFFFF"
ACCENT = "1FD4FF"
_SHADOW_ALPHA = "60"
#: A caption comes in by growing to its size over this time.
_POP_MS = 120
_POP_FROM_PERCENT = 88

_HEADER = """[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes
Kerning: yes

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, \
Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, \
Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Text,{face},{size},&H00{white},&H00{white},&H00000000,&H00000000,\
0,0,0,0,100,100,0,0,1,{outline},0,2,0,0,0,1
Style: Shadow,{face},{size},&H{alpha}000000,&H{alpha}000000,&H{alpha}000000,&HFF000000,\
0,0,0,0,100,100,0,0,1,{spread},0,2,0,0,0,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


class Event(NamedTuple):
    """What libass shows from frame `start` to before frame `end` of the video.

    `appears` is the frame at which its cue comes in, `faces` are the font files it needs.
    """

    start: int
    end: int
    appears: int
    layer: int
    style: str
    tags: str
    text: str
    faces: frozenset[Path]


class Document(NamedTuple):
    """An ASS script and the font files that it needs; both empty when it shows nothing."""

    script: str = ""
    faces: tuple[Path, ...] = ()


class _Cue(NamedTuple):
    """A cue set for the screen."""

    start: int
    end: int
    tags: str
    lines: tuple[str, ...]
    face: Typeface
    em_px: float
    faces: frozenset[Path]

    def event(self, layer: int, style: str, text: str, **changes: Any) -> Event:
        event = Event(self.start, self.end, self.start, layer, style, self.tags, text, self.faces)
        return event._replace(**changes)


class Script:
    """Makes events of cues, and documents of the events inside a window of frames."""

    def __init__(self, size_px: tuple[int, int], fps: int, style: CaptionStyle) -> None:
        self._size_px = size_px
        self._fps = fps
        self._style = style

    def events(self, cues: Sequence[Cue]) -> tuple[Event, ...]:
        """The events of all cues, on the video's frames."""
        if self._style == "none":
            return ()
        look = look_for(self._size_px)
        return tuple(event for cue in cues for event in self._cue_events(cue, look))

    def document(self, events: Sequence[Event], first: int, frames: int) -> Document:
        """What is shown of `events` in frames `first` to `first + frames`."""
        inside = [e for e in events if e.start < first + frames and e.end > first]
        if not inside:
            return Document()
        lines = (self._line(event, first, frames) for event in inside)
        faces = sorted(frozenset[Path]().union(*(event.faces for event in inside)))
        return Document(self._header() + "\n".join(lines) + "\n", tuple(faces))

    def _header(self) -> str:
        look = look_for(self._size_px)
        return _HEADER.format(
            width=self._size_px[0],
            height=self._size_px[1],
            face=look.face.script_name,
            size=f"{look.face.script_size(look.em_px):.2f}",
            outline=look.outline_px,
            spread=round(1.5 * look.outline_px, 1),
            white=WHITE,
            alpha=_SHADOW_ALPHA,
        )

    def _cue_events(self, cue: Cue, look: Look) -> list[Event]:
        shown = self._set(cue, look)
        plain = "\\N".join(_markup(line, shown) for line in shown.lines)
        blur = f"{shown.tags}\\blur{look.outline_px:g}"
        shadow = shown.event(0, "Shadow", plain, tags=blur)
        # A word broken over lines has no one place to be lit.
        whole = sum(len(line.split()) for line in shown.lines) == len(cue.text.split())
        if self._style == "plain" or not whole:
            return [shadow, shown.event(1, "Text", plain)]
        frames = self._word_frames(cue, shown.start, shown.end)
        return [
            shadow,
            *(
                shown.event(1, "Text", _lit(shown, number - 1), start=start, end=end)
                for number, (start, end) in enumerate(frames)
                if start < end
            ),
        ]

    def _set(self, cue: Cue, look: Look) -> _Cue:
        start, end = self._frame(cue.start_s), self._frame(cue.end_s)
        lines, em_px = set_lines(cue.text, look)
        faces = {face.path for line in lines for _, face in faces_of(line)}
        tags = _place(look, em_px)
        return _Cue(start, max(end, start + 1), tags, lines, look.face, em_px, frozenset(faces))

    def _word_frames(self, cue: Cue, start: int, end: int) -> list[tuple[int, int]]:
        """Frames before the first word, then of every word up to the next one's start."""
        marks = [start]
        for word in timed_words(cue):
            marks.append(min(max(self._frame(word.start_s), marks[-1]), end))
        return list(zip(marks, [*marks[1:], end], strict=True))

    def _frame(self, seconds: float) -> int:
        return round(seconds * self._fps)

    def _line(self, event: Event, first: int, frames: int) -> str:
        start = max(event.start - first, 0)
        end = min(event.end - first, frames)
        pop = self._pop(event.appears - first, start)
        times = f"{self._clock(start)},{self._clock(end)}"
        tags = "{" + event.tags + pop + "}"
        return f"Dialogue: {event.layer},{times},{event.style},,0,0,0,,{tags}{event.text}"

    def _pop(self, appears: int, start: int) -> str:
        """The growth of a cue that came in at frame `appears`, in an event from `start` on."""
        # An event's clock runs from its own start, which `_clock` sets half a frame early.
        since = start - 0.5 if start > 0 else 0.0
        from_ms = round((appears - since) * 1000 / self._fps)
        to_ms = from_ms + _POP_MS
        if to_ms <= 0:
            return ""
        small = f"\\fscx{_POP_FROM_PERCENT}\\fscy{_POP_FROM_PERCENT}"
        return f"{small}\\t({from_ms},{to_ms},0.6,\\fscx100\\fscy100)"

    def _clock(self, frame: int) -> str:
        """A time half a frame before `frame`: ASS knows only hundredths, frames are thirds."""
        hundredths = max(0, round((frame - 0.5) * 100 / self._fps))
        minutes, rest = divmod(hundredths, 6000)
        return f"{minutes // 60}:{minutes % 60:02}:{rest // 100:02}.{rest % 100:02}"


def to_ass(cues: Sequence[Cue], size_px: tuple[int, int], style: CaptionStyle, fps: int) -> str:
    """All cues as one ASS script; empty when it shows nothing."""
    script = Script(size_px, fps, style)
    events = script.events(cues)
    return script.document(events, 0, max((event.end for event in events), default=0)).script


def escape(text: str) -> str:
    """`text` as ASS shows it: no character of it opens a tag or an escape."""
    text = text.replace("\\", "\\\u2060").replace("{", "\\{").replace("}", "\\}")
    return "".join(" " if char.isspace() else char for char in text)


def _place(look: Look, em_px: float) -> str:
    x0, _, x1, y1 = look.box
    tags = f"\\pos({(x0 + x1) / 2:g},{y1 - look.outline_px:g})"
    if em_px != look.em_px:
        tags += f"\\fs{look.face.script_size(em_px):.2f}"
    return tags


def _markup(text: str, cue: _Cue) -> str:
    """`text` escaped, each part in the face that has its letters, all at one em."""
    parts = []
    for part, face in faces_of(text):
        if face is cue.face:
            parts.append(escape(part))
        else:
            parts.append(f"{_font(face, cue.em_px)}{escape(part)}{_font(cue.face, cue.em_px)}")
    return "".join(parts)


def _font(face: Typeface, em_px: float) -> str:
    return f"{{\\fn{face.script_name}\\fs{face.script_size(em_px):.2f}}}"


def _lit(cue: _Cue, lit: int) -> str:
    """The cue with word number `lit` in the accent colour; none is lit when it is -1."""
    number = 0
    shown = []
    for line in cue.lines:
        words = []
        for word in line.split():
            text = _markup(word, cue)
            words.append(f"{{\\c&H{ACCENT}&}}{text}{{\\c&H{WHITE}&}}" if number == lit else text)
            number += 1
        shown.append(" ".join(words))
    return "\\N".join(shown)
