"""Every style, in several scripts and places, looks as it did when a person looked at it.

The pictures in `golden/` are compared by likeness, so that another version of FreeType may
place a pixel otherwise. After a change that is meant, draw them anew and look at each one:

    REELS_REMAKE_GOLDEN=1 python -m pytest tests/reels/captions/test_golden.py
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reels.models import CaptionLook, CaptionStyle, Cue, Word
from tests.reels.captions.kit import bands, even_words, painter, to_rgb
from tests.reels.ssim import ssim

GOLDEN = Path(__file__).parent / "golden"
LEAST_LIKENESS = 0.985


class Case(NamedTuple):
    text: str
    style: CaptionStyle
    look: CaptionLook = CaptionLook()
    size_px: tuple[int, int] = (360, 640)
    frame: int = 24
    language: str = "en"
    words: tuple[Word, ...] = ()


CASES = {
    "karaoke": Case("Every morning the sea brings something new", "karaoke"),
    "karaoke-entering": Case("Every morning the sea", "karaoke", frame=0),
    "karaoke-arabic": Case("كل صباح يجلب البحر 3 أشياء من YouTube", "karaoke", language="ar"),
    "karaoke-japanese": Case("今日はとても天気がいいですね。", "karaoke", frame=40, language="ja"),
    "box": Case("Каждое утро море приносит новое", "box", language="ru"),
    "box-hebrew-top": Case(
        "בכל בוקר (שלום) 24 דברים", "box", CaptionLook(position="top"), language="he"
    ),
    "box-chinese": Case("每天早晨，大海带来新的东西。", "box", language="zh"),
    "pop": Case("Every morning the sea brings something new", "pop", frame=26),
    "pop-growing": Case("one two three", "pop", frame=16, words=even_words("one", "two", "three")),
    "pop-hindi-middle": Case(
        "नमस्ते दुनिया क्षत्रिय", "pop", CaptionLook(position="middle", size=1.3), language="hi"
    ),
    "plain-thai-emoji": Case("สวัสดีครับ 🎉 น้ำทะเลใส 👍🏽", "plain", language="th"),
    "plain-mono-wide": Case(
        r"{\an8} <b>&amp;</b> \N",
        "plain",
        CaptionLook(font="mono", outline=2.0, outline_colour="#7A0010"),
        size_px=(640, 360),
    ),
    "capitals-large": Case(
        "istanbul ılık",
        "karaoke",
        CaptionLook(font="display", size=2.0, uppercase=True, active_colour="#53E0A0", outline=0),
        language="tr",
    ),
}


def _drawn(case: Case) -> NDArray[np.uint8]:
    """The band of the frame that holds the caption."""
    onto = bands(case.size_px)
    before = to_rgb(onto)
    cue = Cue(start_s=0, end_s=2, text=case.text, words=case.words)
    painter(cue, case.size_px, case.style, case.look, case.language).lay(case.frame, onto)
    after = to_rgb(onto)
    rows = np.flatnonzero((before != after).any(axis=(1, 2)))
    return after[max(rows[0] // 8 * 8 - 8, 0) : rows[-1] // 8 * 8 + 16]


@pytest.mark.parametrize("name", CASES)
def test_a_caption_looks_as_it_did(name: str) -> None:
    path = GOLDEN / f"{name}.png"
    drawn = _drawn(CASES[name])
    if os.environ.get("REELS_REMAKE_GOLDEN"):
        Image.fromarray(drawn).quantize(96).save(path, optimize=True)
    with Image.open(path) as golden:
        kept = np.asarray(golden.convert("RGB"))
    assert kept.shape == drawn.shape
    assert ssim(kept, drawn) > LEAST_LIKENESS


def test_every_picture_is_of_a_case_and_small() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)
    assert all(path.stat().st_size < 15_000 for path in GOLDEN.iterdir())


def test_another_lit_word_is_seen_as_a_change() -> None:
    other = _drawn(CASES["karaoke"]._replace(frame=50))
    assert ssim(_drawn(CASES["karaoke"]), other) < LEAST_LIKENESS
