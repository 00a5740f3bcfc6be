"""How diagrams look: Mermaid's variables and rules from a palette, and the layouts to try."""

from __future__ import annotations

from typing import Any

from reels.contrast import contrast
from reels.typography.typeset import Colour
from reels.visuals.board import card_colour
from reels.visuals.mermaid_text import Diagram, direction, turned
from reels.visuals.theme import Metrics, Palette, mix

#: Mermaid lays out in units in which all letters have this size.
LETTERS = 16
#: The size of the letters for which charts, which can be of any width, are laid out.
_CHART_PX = (40, 34, 28)
#: Steps from the card towards the accent, then towards the quiet shape: neighbours differ, and
#: the ink stays legible on each.
_SERIES = ((0, 0.45), (1, 0.75), (0, 0.18), (1, 0.35), (0, 0.32), (1, 0.55))
_CONTRAST = 4.5
#: Their edges end in large signs, and bear words.
_WITH_SIGNS = ("class", "er")


def look(palette: Palette) -> tuple[dict[str, Any], str]:
    """Mermaid's theme variables, and the style rules that come after its own."""
    card = card_colour(palette)
    ink, line = _hex(palette.ink), _hex(mix(card, palette.ink, 0.62))
    fill, edge = _hex(mix(card, palette.accent, 0.13)), _hex(mix(card, palette.accent, 0.8))
    ground, group = _hex(card), _hex(mix(card, palette.ink, 0.06))
    variables: dict[str, Any] = {
        "darkMode": sum(palette.ink) > sum(card),
        "fontSize": f"{LETTERS}px",
        "fontFamily": "Inter",
        "useGradient": False,
        "dropShadow": "none",
    }
    for names, value in (
        (_INK, ink),
        (_LINE, line),
        (_FILL, fill),
        (_EDGE, edge),
        (_GROUND, ground),
        (_GROUP, group),
    ):
        variables |= dict.fromkeys(names.split(), value)
    for number, colour in enumerate(series(palette)):
        variables |= {f"pie{number + 1}": colour, f"cScale{number}": colour}
        variables |= {f"cScaleLabel{number}": ink, f"cScaleInv{number}": line}
        variables |= {f"cScalePeer{number}": edge}
    return variables, _RULES.format(
        ink=ink, line=line, fill=fill, edge=edge, ground=ground, group=group
    )


def series(palette: Palette) -> list[str]:
    """Twelve fills in the palette's colours, the ink legible on each."""
    card = card_colour(palette)
    found = []
    for number in range(12):
        which, share = _SERIES[number % len(_SERIES)]
        colour = mix(card, (palette.accent, palette.shape)[which], share)
        while contrast(colour, palette.ink) < _CONTRAST:
            colour = mix(colour, card, 0.15)
        found.append(_hex(colour))
    return found


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def tries(
    diagram: Diagram, metrics: Metrics, palette: Palette, room_px: tuple[int, int]
) -> list[dict[str, Any]]:
    """Texts and configurations, the likeliest first: the direction that suits the picture."""
    variables, _ = look(palette)
    wide = [round(room_px[0] * LETTERS / metrics.px(size)) for size in _CHART_PX]
    found = []
    for text, tight in _layouts(diagram, metrics):
        config = _config(variables, diagram.kind, tight, wide[tight], metrics.lying)
        found.append({"text": text, "config": config, "tight": tight})
    return found


def _layouts(diagram: Diagram, metrics: Metrics) -> list[tuple[str, int]]:
    own = direction(diagram)
    if not own:
        return [(diagram.text, tight) for tight in (0, 1, 2)]
    suits = "LR" if metrics.lying else "TD" if metrics.upright else own
    other = "LR" if suits == "TD" else "TD"
    first, second = turned(diagram, suits), turned(diagram, other)
    return [(text, tight) for tight in (1, 2) for text in (first, second)]


def _config(
    variables: dict[str, Any], kind: str, tight: int, wide: int, lying: bool
) -> dict[str, Any]:
    """`tight` is 0 for the usual distances, 2 for the least; charts are `wide` units wide."""
    graph = {
        "htmlLabels": False,
        "useMaxWidth": False,
        "nodeSpacing": (34, 20, 10)[tight],
        "rankSpacing": 50 if kind in _WITH_SIGNS else (40, 24, 10)[tight],
        "diagramPadding": 3,
        "padding": (12, 8, 5)[tight],
        "wrappingWidth": (150, 130, 100)[tight],
        "titleTopMargin": 0,
        "subGraphTitleMargin": {"top": 2, "bottom": (10, 10, 8)[tight]},
    }
    letters = LETTERS
    return {
        "securityLevel": "strict",
        "htmlLabels": False,
        "deterministicIds": True,
        "fontSize": letters,
        "fontFamily": "Inter",
        "themeVariables": variables,
        "maxTextSize": 8000,
        "maxEdges": 80,
        "flowchart": graph,
        "class": {**graph, "hideEmptyMembersBox": True},
        "state": graph,
        "er": {**graph, "fontSize": letters, "minEntityWidth": 70, "minEntityHeight": 44,
               "entityPadding": 8, "diagramPadding": 8,},
        "sequence": _sequence(tight, lying),
        "pie": {"textPosition": 0.68, "useMaxWidth": False},
        "gantt": _gantt(wide),
    }  # fmt: skip


def _sequence(tight: int, lying: bool) -> dict[str, Any]:
    return {
        "mirrorActors": False,
        "wrap": True,
        "wrapPadding": 6,
        "width": (180, 170, 150)[tight] if lying else (118, 112, 112)[tight],
        "height": (44, 40, 30)[tight],
        "actorMargin": 90 if lying else (34, 26, 18)[tight],
        "boxMargin": (8, 4, 1)[tight],
        "boxTextMargin": 4,
        "noteMargin": (8, 4, 2)[tight],
        "messageMargin": (28, 14, 2)[tight],
        "diagramMarginX": 4,
        "diagramMarginY": 4,
        "actorFontSize": LETTERS,
        "noteFontSize": LETTERS,
        "messageFontSize": LETTERS,
        "useMaxWidth": False,
    }


def _gantt(wide: int) -> dict[str, Any]:
    return {
        "useWidth": wide,
        "useMaxWidth": False,
        "fontSize": LETTERS,
        "sectionFontSize": LETTERS,
        "barHeight": 30,
        "barGap": 8,
        "topPadding": 34,
        "titleTopMargin": 0,
        "leftPadding": 84,
        "rightPadding": 20,
        "gridLineStartPadding": 10,
        "axisFormat": "%d.%m.",
    }


_INK = (
    "primaryTextColor secondaryTextColor tertiaryTextColor textColor nodeTextColor titleColor"
    " actorTextColor signalTextColor labelTextColor loopTextColor noteTextColor classText"
    " stateLabelColor transitionLabelColor pieTitleTextColor pieSectionTextColor"
    " pieLegendTextColor taskTextColor taskTextOutsideColor taskTextLightColor"
    " taskTextDarkColor taskTextClickableColor attributeTextColor sequenceNumberColor"
)
_LINE = (
    "lineColor defaultLinkColor actorLineColor signalColor transitionColor specialStateColor"
    " arrowheadColor relationColor gridColor labelBoxBorderColor"
)
_FILL = (
    "primaryColor mainBkg nodeBkg actorBkg stateBkg taskBkgColor activeTaskBkgColor"
    " doneTaskBkgColor critBkgColor labelColor"
)
_EDGE = (
    "primaryBorderColor nodeBorder actorBorder stateBorder border1 border2 taskBorderColor"
    " activeTaskBorderColor doneTaskBorderColor critBorderColor activationBorderColor"
    " noteBorderColor secondaryBorderColor tertiaryBorderColor todayLineColor vertLineColor"
)
_GROUND = (
    "background edgeLabelBackground labelBackground labelBackgroundColor"
    " attributeBackgroundColorOdd rowOdd compositeTitleBackground"
    " pieStrokeColor pieOuterStrokeColor altSectionBkgColor"
)
_GROUP = (
    "secondaryColor tertiaryColor clusterBkg compositeBackground altBackground sectionBkgColor"
    " sectionBkgColor2 noteBkgColor activationBkgColor labelBoxBkgColor rowEven"
    " attributeBackgroundColorEven clusterBorder excludeBkgColor"
)
_RULES = """
#my-svg .node rect, #my-svg .node polygon, #my-svg .node circle, #my-svg .node path,
#my-svg .node ellipse {{ stroke-width: 1.6px }}
#my-svg .flowchart-link, #my-svg .transition, #my-svg .relation,
#my-svg .relationshipLine {{ stroke-width: 1.8px }}
#my-svg .cluster rect {{ stroke: {line}; stroke-width: 1px }}
#my-svg .edgeLabel rect, #my-svg .edgeLabel .background, #my-svg .edgeLabel .label rect,
#my-svg .labelBkg {{ fill: {ground}; opacity: 1; stroke: none }}
#my-svg .pieCircle {{ opacity: 1; stroke: {ground}; stroke-width: 3px }}
#my-svg .pieOuterCircle {{ stroke: none }}
#my-svg .actor-line {{ stroke: {line} }}
#my-svg .grid .tick line {{ stroke: {line}; opacity: 0.35 }}
#my-svg .grid path {{ stroke: none }}
#my-svg .grid .tick text {{ fill: {ink} }}
#my-svg .marker.er circle {{ fill: {ground} }}
"""
