"""The visual kind `image`: pictures from the web, and what is refused instead."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from reels.errors import BadOutput, InvalidInput
from reels.visuals import KINDS, Canvas, check_spec
from tests.reels.net_kit import Web, answering, serving

CANVAS = Canvas(size_px=(108, 192))
FORMS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}


def picture(form: str) -> bytes:
    made = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(made, form)
    return made.getvalue()


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A server that the setting trusts."""
    with serving({f"/{form}": answering(picture(form)) for form in FORMS}) as running:
        monkeypatch.setenv("VIDEO_SERVICE_FETCH_ALLOWED_HOSTS", f"127.0.0.1:{running.port}")
        yield running


@pytest.mark.parametrize("form", FORMS)
def test_a_picture_from_the_web_is_taken_as_it_is(form: str, web: Web, tmp_path: Path) -> None:
    spec = {"url": f"http://127.0.0.1:{web.port}/{form}", "alt": "Teal"}
    check_spec("image", spec)
    drawn = KINDS["image"].draw(spec, CANVAS, tmp_path / "picture.png")

    assert drawn == tmp_path / f"picture{FORMS[form]}"
    assert drawn.read_bytes() == picture(form)


def test_a_broken_picture_is_refused_by_its_address(web: Web, tmp_path: Path) -> None:
    web.pages["/broken"] = answering(picture("PNG")[:60])
    spec = {"url": f"http://127.0.0.1:{web.port}/broken"}
    with pytest.raises(BadOutput, match="/broken"):
        KINDS["image"].draw(spec, CANVAS, tmp_path / "picture.png")


@pytest.mark.parametrize(
    "spec",
    [
        {"url": "http://169.254.169.254/latest/meta-data/"},
        {"url": "file:///etc/passwd"},
        {"url": "http://localhost/"},
        {"url": "https://a.example.org/" + "a" * 2100},
        {"url": "https://a.example.org/b.png", "path": "/etc/passwd"},
        {"alt": "nothing"},
    ],
)
def test_a_forbidden_address_is_refused_before_it_is_drawn_and_when_it_is(
    spec: dict[str, str], tmp_path: Path
) -> None:
    for refuses in (
        lambda: check_spec("image", dict(spec)),
        lambda: KINDS["image"].draw(dict(spec), CANVAS, tmp_path / "picture.png"),
    ):
        with pytest.raises(InvalidInput) as refused:
            refuses()
        assert refused.value.field.startswith("visual.spec.")
