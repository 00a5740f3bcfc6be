"""Pictures by Gemini: of the canvas's shape and size, or an error that says what came."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from deployments.fake_cloud.running import Cloud
from deployments.fake_cloud.state import Fault
from reels.cloud.charges import keep_books
from reels.errors import BadOutput, ContentBlocked, InvalidInput
from reels.visuals import Canvas, visual
from reels.visuals.generated import GeneratedSpec, prompt_of, shape_of
from tests.reels.cloud.gemini_kit import inline, said
from tests.reels.cloud.ledger import Ledger

TALL = Canvas(size_px=(270, 480))


def draw(to: Path, canvas: Canvas = TALL) -> Image.Image:
    path = visual("generated").draw({"prompt": "A ship at dawn"}, canvas, to / "picture.png")
    return Image.open(path)


def picture(size_px: tuple[int, int], form: str = "PNG", colour: str = "teal") -> Fault:
    file = io.BytesIO()
    Image.new("RGB", size_px, colour).save(file, form)
    return said(inline(f"image/{form.lower()}", file.getvalue()))


@pytest.mark.parametrize("size_px", [(270, 480), (480, 270), (270, 270), (1080, 1920)])
def test_a_picture_is_an_opaque_png_of_exactly_the_canvas(
    cloud: Cloud, tmp_path: Path, size_px: tuple[int, int]
) -> None:
    found = draw(tmp_path, Canvas(size_px=size_px))
    assert (found.format, found.size, found.mode) == ("PNG", size_px, "RGB")


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_any_usual_kind_of_picture_is_taken(cloud: Cloud, tmp_path: Path, form: str) -> None:
    cloud.state.plan("gemini", [picture((768, 1376), form)])
    assert draw(tmp_path).size == TALL.size_px


@pytest.mark.parametrize("size_px", [(1024, 1024), (768, 1200), (700, 1400)])
def test_a_picture_of_a_near_shape_is_cropped_about_its_middle(
    cloud: Cloud, tmp_path: Path, size_px: tuple[int, int]
) -> None:
    file = io.BytesIO()
    marked = Image.new("RGB", size_px, "black")
    middle = (size_px[0] // 2 - 40, size_px[1] // 2 - 40)
    marked.paste((255, 255, 255), (*middle, middle[0] + 80, middle[1] + 80))
    marked.save(file, "PNG")
    cloud.state.plan("gemini", [said(inline("image/png", file.getvalue()))])
    found = draw(tmp_path)
    assert found.size == TALL.size_px
    assert found.getpixel((135, 240)) == (255, 255, 255)


@pytest.mark.parametrize("size_px", [(1376, 768), (60, 107), (1, 1), (4000, 100)])
def test_a_picture_of_quite_another_shape_or_size_is_refused(
    cloud: Cloud, tmp_path: Path, size_px: tuple[int, int]
) -> None:
    cloud.state.plan("gemini", [picture(size_px)])
    with pytest.raises(BadOutput, match=f"{size_px[0]}x{size_px[1]} pixels"):
        draw(tmp_path)
    assert not (tmp_path / "picture.png").exists()


@pytest.mark.parametrize(
    "reply",
    [
        said({"text": "I would rather describe it."}),
        said(inline("image/png", b"<html>no picture</html>")),
        said(inline("image/png", b"\x89PNG\r\n\x1a\n cut off")),
        said(inline("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>")),
    ],
)
def test_what_is_no_picture_is_refused_and_charged(
    cloud: Cloud, tmp_path: Path, reply: Fault
) -> None:
    cloud.state.plan("gemini", [reply])
    books = Ledger()
    with keep_books(books), pytest.raises(BadOutput, match="picture"):
        draw(tmp_path)
    assert books.charges[0].units["input_token"] == 11


def test_a_blocked_picture_says_so(cloud: Cloud, tmp_path: Path) -> None:
    cloud.state.plan("gemini", [said(finish="IMAGE_SAFETY")])
    with pytest.raises(ContentBlocked, match="IMAGE_SAFETY"):
        draw(tmp_path)


def test_a_picture_costs_what_the_service_counted(cloud: Cloud, tmp_path: Path) -> None:
    books = Ledger()
    with keep_books(books, scene=2):
        draw(tmp_path)
    (call,) = cloud.state.counted("gemini")
    assert books.charges[0].units == call.units
    assert books.charges[0].units["picture"] == 1


def test_all_of_a_prompt_but_the_scene_is_the_same_in_every_scene() -> None:
    specs = [GeneratedSpec(prompt=text, style="Soft light") for text in ("A ship", "A harbour")]
    canvases = [
        Canvas(size_px=(1080, 1920), style="noir", scene_number=number, scene_count=2)
        for number in (1, 2)
    ]
    prompts = [prompt_of(spec, canvas) for spec, canvas in zip(specs, canvases, strict=True)]
    sheets = [each.rpartition("\n\n")[0] for each in prompts]
    assert sheets[0] == sheets[1]
    assert "black and white" in sheets[0]
    assert "Soft light" in sheets[0]
    assert prompts[0].endswith("A ship")


@pytest.mark.parametrize(
    ("size_px", "shape"),
    [((1080, 1920), "9:16"), ((1920, 1080), "16:9"), ((1080, 1080), "1:1"), ((1000, 1500), "2:3")],
)
def test_the_service_is_asked_for_the_shape_nearest_to_the_canvas(
    size_px: tuple[int, int], shape: str
) -> None:
    assert shape_of(size_px) == shape


def test_a_spec_without_a_prompt_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        visual("generated").draw({}, TALL, tmp_path / "picture.png")
    assert caught.value.field == "visual.spec.prompt"


def test_the_version_names_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_SERVICE_GEMINI_IMAGE_MODEL", "painter-next")
    assert "painter-next" in visual("generated").version
