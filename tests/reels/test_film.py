"""When two addresses lead to the same film."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from reels.errors import InvalidInput
from reels.film import HlsRequest, normalised


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("HTTP://EXAMPLE.org:80", "http://example.org/"),
        ("https://example.org:443/a/./b/../c", "https://example.org/a/c"),
        ("https://example.org:80/a", "https://example.org:80/a"),
        ("http://a.example/%7Euser/%2e%2E/x", "http://a.example/x"),
        ("http://a.example/%2f?q=%2f%7e&b", "http://a.example/%2F?q=%2F~&b"),
        ("http://a.example/../..", "http://a.example/"),
        ("http://a.example/a/..", "http://a.example/"),
        ("http://a.example/a//b/", "http://a.example/a//b/"),
        ("http://a.example/a?", "http://a.example/a?"),
        ("http://a.example/a?x=/../y", "http://a.example/a?x=/../y"),
        ("http://a.example/a#b", "http://a.example/a"),
        ("http://a.example./a", "http://a.example/a"),
        ("http://a.example/видео.mp4", "http://a.example/%D0%B2%D0%B8%D0%B4%D0%B5%D0%BE.mp4"),
        ("http://a.example/100%", "http://a.example/100%"),
    ],
)
def test_an_address_has_one_form_and_that_is_its_own_form(url: str, form: str) -> None:
    assert normalised(url) == form
    assert normalised(form) == form


@pytest.mark.parametrize(
    "url", ["http://ann:secret@a.example/", "ftp://a.example/a", "a.example/a", "http:///a", ""]
)
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        normalised(url, "film")
    assert refusal.value.field == "film"


def test_a_request_has_a_title_and_an_address_and_nothing_else() -> None:
    for given in (
        {"title": "A"},
        {"url": "http://a.example/"},
        {"title": "", "url": "http://a.example/"},
        {"title": 1, "url": "http://a.example/"},
        {"title": "A", "url": "http://a.example/", "user_id": "bob"},
    ):
        with pytest.raises(ValidationError):
            HlsRequest.model_validate(given)
