"""Markdown's marks are neither spoken nor shown; its words are."""

from __future__ import annotations

import time

import pytest

from reels.storyboard.markdown import blocks, plain


@pytest.mark.parametrize(
    ("marked", "spoken"),
    [
        ("It is **very** _good_ and ~~old~~.", "It is very good and old."),
        ("See [the study](https://x.org/a?b=c).", "See the study."),
        ("Look: https://www.nature.com/articles/12", "Look: nature.com"),
        ("<https://example.org/path>", "example.org"),
        ("![a cup](cup.png) of tea", "a cup of tea"),
        ("one\n\n---\n\ntwo", "one two"),
        ("one\n---\ntwo", "one two"),
        ("***\none\n***", "one"),
        ("```python\nprint(1)\n```\nafter", "after"),
        ("use `git` now", "use git now"),
        ("> quoted\n> words", "quoted words"),
        ("- [x] done\n- [ ] open", "done open"),
        ("| a | b |\n|---|---|\n| c | d |", "a, b c, d"),
        ("<div>in <b>bold</b> &amp; more</div>", "in bold & more"),
        ("a<br>b <!-- hidden --> c", "a b c"),
        ("<script>alert(1)</script>safe", "safe"),
        ("** loose ** marks and a * star", "loose marks and a star"),
        ("a note[^1] here\n\n[^1]: the note", "a note here the note"),
        ("[1]: https://x.org\ntext", "text"),
        ("[Note]: keep these words", "[Note]: keep these words"),
        ("snake_case and 2*3 stay", "snake_case and 2*3 stay"),
        ("hello 😀👩‍🚀 world ☀️", "hello world"),
        ("C# and #1 stay, ##gone? no", "C# and #1 stay, ##gone? no"),
        ("    indented verse", "indented verse"),
        ("1. first\n2. second", "first second"),
    ],
)
def test_marks_go_and_words_stay(marked: str, spoken: str) -> None:
    assert plain(marked) == spoken


@pytest.mark.parametrize("mark", ["<!--", "<script>", "<style ", "[^", "[^a"])
def test_marks_without_an_end_take_no_time_that_grows_with_their_square(mark: str) -> None:
    def took_s(chars: int) -> float:
        text = (mark * chars)[:chars]
        began = time.process_time()
        plain(text)
        return time.process_time() - began

    took_s(100)
    assert took_s(80_000) < 30 * (took_s(8_000) + 0.01)


def test_what_is_hidden_without_an_end_is_no_reason_to_lose_the_words_after_it() -> None:
    assert "tea" in plain("a <!-- b\n\ntea")
    assert plain("a <!-- b --> c <!-- d --> e") == "a c e"


@pytest.mark.parametrize("text", ["9.", "1984. It was a bright day.", "3. Only the third."])
def test_a_number_that_only_looks_like_a_list_is_kept(text: str) -> None:
    assert plain(text) == text


def test_headings_paragraphs_and_items_are_told_apart() -> None:
    found = blocks("# Title\n\nWords.\n\n- one\n  - two\n")
    assert [(b.kind, b.text, b.level) for b in found] == [
        ("heading", "Title", 1),
        ("paragraph", "Words.", 0),
        ("item", "one", 0),
        ("item", "two", 0),
    ]


@pytest.mark.parametrize("text", ["---", "**", "# \n\n- \n- ", "```\n\n```", "😀", "​", ""])
def test_a_text_of_marks_alone_has_nothing_to_say(text: str) -> None:
    assert blocks(text) == []
