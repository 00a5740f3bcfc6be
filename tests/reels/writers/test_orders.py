"""Orders to write are taken as what they are about; all else stays as it is."""

from __future__ import annotations

import time

import pytest

from reels.writers.orders import subject_of

ORDERS = {
    "Напиши короткий текст про кота": "Про кота",
    "Создай видео про котов": "Про котов",
    "создай видео про котов на русском языке": "Про котов",
    "Напишите, пожалуйста, сценарий ролика о том, как растёт чай": "Как растёт чай",
    "Расскажи, почему небо голубое": "Почему небо голубое",
    "Расскажи историю о двух братьях": "О двух братьях",
    "Сделай ролик на тему «Осень в Париже»": "Осень в Париже",
    "Хочу короткое видео про осень на 30 секунд": "Про осень",
    "Видео про осень": "Про осень",
    "Write a short text about cats": "Cats",
    "Please write me a funny 30-second script about why cats purr, in English.": "Why cats purr.",
    "Create a video about the water cycle in 50 words": "The water cycle",
    "Can you make a video on how to tie a tie?": "How to tie a tie?",
    "Tell me about black holes": "Black holes",
    "Explain why the sky is blue": "Why the sky is blue",
    "A short video about cats": "Cats",
    'Write a text about "The Old Man and the Sea"': "The Old Man and the Sea",
}
OWN_WORDS = (
    "Why cats purr",
    "Почему осенью желтеют листья",
    "О пользе сна",
    "The story about the boy who cried wolf is old.",
    "Make a cat happy in three steps",
    "How to write a text about cats",
    "Explain it to me",
    "Video games are fun",
    "Write a text",
    "Write a text about 🐈",
    "",
)


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_is_what_it_is_about(order: str) -> None:
    assert subject_of(order) == ORDERS[order]


@pytest.mark.parametrize("prompt", OWN_WORDS)
def test_what_is_no_order_stays_as_it_is(prompt: str) -> None:
    assert subject_of(prompt) == prompt


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        (
            "Сделай видео из этого текста: Кошки спят 16 часов. Они мурлычут.",
            "Кошки спят 16 часов. Они мурлычут.",
        ),
        ("Make a video from this text: Cats sleep.\n\nThey purr.", "Cats sleep. \n\nThey purr."),
    ],
)
def test_the_text_that_an_order_brings_is_kept(prompt: str, said: str) -> None:
    assert subject_of(prompt).split() == said.split()


def test_orders_that_follow_an_order_are_left_out_and_sentences_on_the_subject_are_not() -> None:
    prompt = "Write a text about cats. Mention whiskers. Make it funny. Cats sleep a lot."
    assert subject_of(prompt) == "Cats. Cats sleep a lot."


@pytest.mark.parametrize(
    "prompt",
    [
        "please " * 2_800,
        "write " + "a " * 9_990,
        "write a text about " + " " * 19_000 + "x",
        "write a text about " + "1 " * 9_990,
        "write a text about cats" + " in 30" * 3_000,
        "пожалуйста " * 1_800,
        "напиши " * 2_800,
        "\n" * 20_000,
    ],
)
def test_no_prompt_takes_long_to_be_read(prompt: str) -> None:
    began = time.process_time()
    subject_of(prompt)
    assert time.process_time() - began < 1.0
