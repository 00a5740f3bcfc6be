"""Words with times, and frames with captions on them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from reels.captions.painter import CaptionPainter
from reels.captions.shown import shown_cues
from reels.models import CaptionLook, CaptionStyle, Cue, Word
from reels.planes import Planes, from_rgb

GREY = (90, 110, 120)
FPS = 30

ENGLISH = (
    "Every morning the sea brings something new. A bottle, a feather, sometimes a story that "
    "nobody has told before! And then, when the tide goes out, it takes it all away again."
)
RUSSIAN = (
    "Каждое утро море приносит что-то новое: бутылку, перо, а иногда историю, которую ещё никто "
    "не рассказывал. Потом, с отливом, оно забирает всё обратно."
)
JAPANESE = (
    "今日はとても天気がいいですね。コーヒーを飲みながら、海辺をゆっくり散歩しましょう！"
    "データベースの設計も忘れないでください。"
)
CHINESE = (
    "每天早晨，大海都会带来新的东西。一个瓶子，一根羽毛，有时是一个从来没有人讲过的故事！"
    "然后潮水退去，又把一切带走。"
)
THAI = "สวัสดีครับ วันนี้อากาศดีมากและน้ำทะเลใสสะอาด เราไปเดินเล่นที่ชายหาดกันเถอะ"
ARABIC = "كل صباح يجلب البحر شيئًا جديدًا. زجاجة، ريشة، وأحيانًا قصة لم يروها أحد من قبل!"
LONG = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz"
MONSTER = "W" * 300
HOSTILE = r"{\an8\fs4000\bord200}\N\h <b>&amp; --> %s"


def spoken(text: str, start_s: float = 0.5, per_char_s: float = 0.06) -> tuple[Word, ...]:
    """The white-space separated words of `text`, one after the other."""
    words = []
    for part in text.split():
        end_s = start_s + 0.1 + per_char_s * len(part)
        words.append(Word(text=part, start_s=start_s, end_s=end_s))
        start_s = end_s + 0.02
    return tuple(words)


def even_words(*texts: str, each_s: float = 0.5) -> tuple[Word, ...]:
    """Words of equal length from 0 on."""
    return tuple(
        Word(text=text, start_s=n * each_s, end_s=(n + 1) * each_s) for n, text in enumerate(texts)
    )


def painter(
    cue: Cue,
    size_px: tuple[int, int],
    style: CaptionStyle = "karaoke",
    look: CaptionLook | None = None,
    language: str = "en",
) -> CaptionPainter:
    frames = round(cue.end_s * FPS)
    shown = shown_cues([cue], FPS, 0, frames, style)
    return CaptionPainter(shown, size_px, FPS, style, look, language)


def ground(size_px: tuple[int, int]) -> Planes:
    """A grey frame."""
    return from_rgb(np.full((size_px[1], size_px[0], 3), GREY, np.uint8))


def bands(size_px: tuple[int, int]) -> Planes:
    """A frame that is dark on the left, coloured in the middle and light on the right."""
    colours = np.array([(24, 32, 58), (196, 110, 60), (222, 226, 214)], np.uint8)
    row = colours[np.arange(size_px[0]) * 3 // size_px[0]]
    return from_rgb(np.ascontiguousarray(np.broadcast_to(row, (size_px[1], *row.shape))))


def to_rgb(frame: Planes) -> NDArray[np.uint8]:
    """BT.709 of limited range as RGB."""
    luma = (frame.y.astype(np.float32) - 16) * (255 / 219)
    blue, red = (
        (cv2.resize(plane, frame.size_px).astype(np.float32) - 128) * (255 / 224)
        for plane in (frame.u, frame.v)
    )
    r, b = luma + 1.5748 * red, luma + 1.8556 * blue
    g = (luma - 0.2126 * r - 0.0722 * b) / 0.7152
    return np.clip(np.rint(np.stack([r, g, b], axis=-1)), 0, 255).astype(np.uint8)


def painted(
    text: str,
    size_px: tuple[int, int] = (270, 480),
    style: CaptionStyle = "karaoke",
    look: CaptionLook | None = None,
    *,
    frame: int = 20,
    words: tuple[Word, ...] = (),
    language: str = "en",
) -> NDArray[np.uint8]:
    """Frame number `frame` of a caption of two seconds on grey, as RGB."""
    onto = ground(size_px)
    cue = Cue(start_s=0, end_s=2, text=text, words=words)
    painter(cue, size_px, style, look, language).lay(frame, onto)
    return to_rgb(onto)


def inked(picture: NDArray[np.uint8], least: int = 60) -> tuple[int, int, int, int]:
    """The box around all that is not the ground: x0, y0, x1, y1."""
    away = np.abs(picture.astype(int) - GREY).max(axis=2) > least
    ys, xs = np.nonzero(away)
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


def lit_columns(picture: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The columns that hold the usual active colour."""
    red, green, blue = (picture[..., n].astype(int) for n in range(3))
    return np.flatnonzero(((red > 180) & (green > 140) & (blue < 110)).any(axis=0))
