"""Foreign SVG becomes shapes and words only, and no file is read for it."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from reels.vector import svg
from reels.vector.worker import Refused

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def cleaned(inner: str) -> str:
    root = svg.parse(f'{HEAD} viewBox="0 0 10 10">{inner}</svg>')
    return ElementTree.tostring(root, encoding="unicode")


@pytest.mark.parametrize(
    "inner",
    [
        "<script>evil</script>",
        '<image href="file:///etc/evil"/>',
        '<g><foreignObject><div xmlns="http://www.w3.org/1999/xhtml">evil</div></foreignObject></g>',
        '<use xlink:href="evil.svg#a"/>',
        '<a href="https://evil"><rect/></a>',
        '<rect onclick="evil()" width="1" height="1"/>',
        '<rect fill="url(https://evil)" width="1" height="1"/>',
        '<rect style="fill:url( \'evil\')" width="1" height="1"/>',
        "<style>@import 'evil';</style>",
        "<style>@font-face { font-family: evil; src: url(evil) }</style>",
        "<style>rect { fill: url(evil) }</style>",
        '<animate attributeName="x" values="evil"/>',
        '<filter id="evil"><feImage href="evil"/></filter>',
    ],
)
def test_what_could_load_or_run_is_gone(inner: str) -> None:
    assert "evil" not in cleaned(inner)


def test_references_inside_the_drawing_stay() -> None:
    assert "url(#end)" in cleaned('<path d="M0 0L5 5" marker-end="url(#end)"/>')


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg>&b;</svg>',
        '<!doctype svg SYSTEM "file:///etc/passwd"><svg/>',
        "<svg>" + "<g>" * 200 + "</g>" * 200 + "</svg>",
        "<svg>" + "<g/>" * 20_001 + "</svg>",
        "<svg>" + " " * 6_000_001 + "</svg>",
        "<svg><text>\x01</text></svg>",
    ],
)
def test_bombs_and_what_is_no_xml_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        svg.parse(text)


def test_a_picture_file_beside_is_not_drawn(tmp_path: Path) -> None:
    """An image element is dropped before the renderer could open what it names."""
    Image.new("RGB", (8, 8), "red").save(tmp_path / "red.png")
    inner = f'<image href="{tmp_path / "red.png"}" width="10" height="10"/>'
    root = svg.parse(f'{HEAD} viewBox="0 0 10 10">{inner}</svg>')
    picture = Image.open(io.BytesIO(svg.rasterize(root, (10, 10)))).convert("RGBA")
    assert picture.getchannel("A").getextrema() == (0, 0)
