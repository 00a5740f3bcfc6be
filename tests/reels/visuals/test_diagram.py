"""Diagrams: drawn in their kind's shape with legible letters, or refused; built up in step."""

from __future__ import annotations

import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from reels.contrast import contrast
from reels.errors import InvalidInput, ProviderError
from reels.visuals.base import Canvas
from reels.visuals.diagram import MermaidDiagram
from reels.visuals.mermaid_look import series
from reels.visuals.mermaid_parts import parts
from reels.visuals.mermaid_text import direction, read, turned
from reels.visuals.theme import THEMES

CANVAS = Canvas(size_px=(540, 960), captions=False, scene_count=3)
FLOW = "flowchart TD\n A[Start] --> B{Größe?}\n B -->|да| C[中文]\n B -->|no| D[End]"
KINDS = {
    "flowchart": FLOW,
    "sequence": "sequenceDiagram\n A->>B: Hello\n B-->>A: Hi\n Note over A: thinks",
    "class": "classDiagram\n class A {\n +int x\n }\n A <|-- B\n",
    "state": "stateDiagram-v2\n [*] --> A\n A --> B : go\n B --> [*]",
    "er": "erDiagram\n USER ||--o{ VIDEO : owns",
    "gantt": "gantt\n dateFormat YYYY-MM-DD\n section S\n One :a, 2024-01-01, 9d",
    "pie": 'pie title Shares\n "One" : 40\n "Two" : 60',
    "mindmap": "mindmap\n  root((Video))\n    Sound\n      Voice\n    Picture",
    "timeline": "timeline\n title T\n 2021 : Idea\n 2022 : Launch : Growth",
}


def drawn(text: str, to: Path, canvas: Canvas = CANVAS, **more: object) -> Image.Image:
    path = MermaidDiagram().draw({"mermaid": text, **more}, canvas, to)  # type: ignore[dict-item]
    return Image.open(path).convert("RGB")


def test_a_flowchart_is_drawn_the_same_each_time(tmp_path: Path) -> None:
    one, other = (drawn(FLOW, tmp_path / f"{name}.png", title="Title") for name in "ab")
    assert one.size == CANVAS.size_px
    assert ImageChops.difference(one, other).getbbox() is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_drawn(kind: str, tmp_path: Path) -> None:
    empty = drawn("flowchart TD\n A[ ]", tmp_path / "empty.png")
    picture = drawn(KINDS[kind], tmp_path / "a.png")
    assert ImageChops.difference(empty, picture).getbbox() is not None


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["flowchart", "sequence", "class", "state", "er", "mindmap"])
def test_each_stage_adds_to_the_one_before(kind: str, tmp_path: Path) -> None:
    """Nothing that was shown moves or goes: away from the card, pictures only gain."""
    found = MermaidDiagram().stages({"mermaid": KINDS[kind]}, CANVAS)
    assert len(found) > 1
    pictures = [
        Image.open(MermaidDiagram().draw(stage.spec, CANVAS, tmp_path / f"{n}.png")).convert("L")
        for n, stage in enumerate(found)
    ]
    whole = drawn(KINDS[kind], tmp_path / "whole.png").convert("L")
    assert ImageChops.difference(pictures[-1], whole).getbbox() is None
    left = [sum(ImageChops.difference(each, whole).histogram()[24:]) for each in pictures]
    assert all(later < earlier for earlier, later in pairwise(left))


def test_stages_name_their_parts_in_reading_order() -> None:
    found = MermaidDiagram().stages({"mermaid": FLOW}, CANVAS)
    assert [stage.text for stage in found] == ["Start", "Größe?", "中文", "End"]
    assert [stage.spec["shown"] for stage in found] == [1, 2, 3, 4]


def test_many_parts_share_eight_stages() -> None:
    text = "flowchart TD\n" + "\n".join(f" n{i}[Step {i}] --> n{i + 1}" for i in range(30))
    found = MermaidDiagram().stages({"mermaid": text}, CANVAS)
    assert len(found) == 8
    assert "Step 29" in found[-1].text


def test_a_diagram_without_simple_parts_has_one_stage() -> None:
    assert len(MermaidDiagram().stages({"mermaid": KINDS["pie"]}, CANVAS)) == 1


@pytest.mark.parametrize("kind", ["flowchart", "class", "state", "er"])
def test_the_direction_can_be_turned(kind: str) -> None:
    diagram = read(KINDS[kind])
    assert direction(read(turned(diagram, "LR"))) == "LR"
    assert direction(read(turned(diagram, "TD"))) == "TD"


@pytest.mark.parametrize(
    "line",
    [
        'click A "https://evil" _blank',
        "click A call evil()",
        'click A href "javascript:evil"',
        "style A fill:url(evil)",
        "classDef evil fill:#f00",
        "linkStyle 0 stroke:evil",
        "%% evil",
        "%%{init: {'securityLevel': 'loose', 'themeCSS': '@import evil'}}%%",
    ],
)
def test_links_styles_and_directives_are_left_out(line: str) -> None:
    assert "evil" not in read(f"{FLOW}\n{line}\n").text


def test_settings_before_the_diagram_are_left_out_but_its_title_stays() -> None:
    found = read(f"---\ntitle: Name\nconfig:\n  securityLevel: loose\n---\n{FLOW}")
    assert found.title == "Name"
    assert "loose" not in found.text


@pytest.mark.parametrize(
    "text",
    [
        "flowchart TD\n A[<script>x</script>]",
        "flowchart TD\n A[<img src='file:///etc/passwd'>]",
        "flowchart TD\n A[<foreignObject>x</foreignObject>]",
        "flowchart TD\n A[<iframe src=x>]",
        'flowchart TD\n A@{ img: "/etc/passwd", w: 60 }',
        'flowchart TD\n A@{ icon: "fa:user" }',
        "flowchart TD\n A[$$x^2$$]",
        'digraph { a [image="/etc/passwd"] }',
        "gitGraph\n commit",
        "C4Context\n Person(a, b)",
        "flowchart TD\n" + "subgraph a\n" * 40 + "x\n" + "end\n" * 40,
        "flowchart TD\n" + "a\n" * 400,
        "x" * 6001,
        "",
    ],
)
def test_hostile_text_is_refused_before_it_is_drawn(text: str) -> None:
    with pytest.raises(InvalidInput):
        MermaidDiagram().check({"mermaid": text})


@pytest.mark.parametrize(
    "text",
    [
        "mindmap\n  root\n    " + "(" * 40 + "x",
        "classDiagram\n A --> B\n " + "o" * 220 + " !",
        "flowchart TD\n" + ("A[" + "'" * 290 + "]" * 290 + "x\n") * 9,
        "---" + "\n" * 1500 + "x",
    ],
    ids=["brackets", "names", "quotes", "front"],
)
def test_hostile_text_is_read_at_once(text: str) -> None:
    """It is read by the API and by flows, where nothing stops a regular expression."""
    began = time.process_time()
    with suppress(InvalidInput):
        parts(read(text))
    assert time.process_time() - began < 0.5


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "flowchart TD\n" + "\n".join(f"a{i} --> a{j}" for i in range(13) for j in range(i)),
        "flowchart TD\n" + "&".join(f"a{i}" for i in range(40)) + "-->" + "&".join("bcdefghij"),
        "flowchart TD\n" + " --> ".join(f"n{i}" for i in range(900)),
        "flowchart TD\n A[" + "W" * 3000 + "]",
        "flowchart TD\n A[" + "(" * 2000,
        "sequenceDiagram\n" + "\n".join(f" A{i}->>A{i + 1}: x" for i in range(250)),
        "mindmap\n" + "\n".join(" " * i + f"n{i}" for i in range(90)),
        "pie\n" + "\n".join(f' "a{i}" : {i + 1}' for i in range(280)),
        "flowchart TD\n A --> ",
    ],
)
def test_text_that_is_too_large_or_wrong_ends_in_time(text: str, tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises((InvalidInput, ProviderError)):
        drawn(text, tmp_path / "a.png")
    assert time.monotonic() - started < 10.5


def test_letters_are_legible_on_every_fill() -> None:
    for theme in THEMES.values():
        for palette in theme.palettes:
            for fill in series(palette):
                rgb = int(fill[1:3], 16), int(fill[3:5], 16), int(fill[5:7], 16)
                assert contrast(rgb, palette.ink) >= 4.5


def test_words_of_labels_nest_nothing() -> None:
    labels = "\n".join(f"  A{n}[Go through the loop or opt out] --> B{n}" for n in range(12))
    assert read(f"flowchart TD\n{labels}").kind == "flowchart"
    deep = "\n".join(f"subgraph s{n}" for n in range(40)) + "\nA\n" + "end\n" * 40
    with pytest.raises(InvalidInput, match="nested too deeply"):
        read(f"flowchart TD\n{deep}")
