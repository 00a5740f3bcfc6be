"""What the master playlist says of captions."""

from __future__ import annotations

from reels.hls.master import Captions, caption_lines


def test_captions_are_shown_at_once_unless_the_picture_has_the_same_words() -> None:
    shown = Captions(language="ru", name="Русский")
    (line,) = caption_lines([shown])
    assert "DEFAULT=YES,AUTOSELECT=YES" in line
    (line,) = caption_lines([shown.model_copy(update={"in_picture": True})])
    assert "DEFAULT=NO,AUTOSELECT=NO" in line


def test_of_several_languages_the_first_is_shown_at_once() -> None:
    lines = caption_lines([Captions(language=each, name=each) for each in ("en", "ru")])
    assert ["DEFAULT=YES" in line for line in lines] == [True, False]
