"""What the fake Gemini writes: storyboards and expanded ideas, by the rules that it is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_MOTIONS = ("zoom_in", "pan_left", "zoom_out", "pan_right")
_MAX_NAME_CHARS = 60
_LINES_PER_SCENE = 2

_SENTENCES = {
    "en": (
        "What if almost everything we were told about {idea} is only half of the story?",
        "It began with people who looked twice at something that others walked past every day.",
        "They asked a simple question, and the answer turned out to be larger than they hoped.",
        "Step by step a small habit grew, until it had changed the way whole towns lived.",
        "Look closely, and you can still find the traces of it in any ordinary kitchen.",
        "Of course there were doubts, and some of them are still worth a second thought.",
        "But the part that stays with most people is how little it took to begin.",
        "So the next time you meet it, stop for a moment and look at it again.",
    ),
    "ru": (
        "А что если почти всё, что нам рассказывали на тему «{idea}», — лишь половина истории?",
        "Всё началось с людей, которые внимательно посмотрели на то, мимо чего другие проходили.",
        "Они задали простой вопрос, и ответ оказался куда больше, чем можно было ожидать.",
        "Шаг за шагом маленькая привычка выросла и изменила жизнь целых городов.",
        "Присмотритесь, и вы найдёте её следы даже на самой обычной кухне.",
        "Конечно, были и сомнения, и некоторые из них стоит обдумать ещё раз.",
        "Но больше всего запоминается то, как мало понадобилось, чтобы начать.",
        "Поэтому в следующий раз остановитесь на минуту и посмотрите на это снова.",
    ),
}
_FIGURES: Mapping[str, Mapping[str, str]] = {
    "code": {"code": "print(1)", "code_language": "python"},
    "diagram": {"mermaid": "flowchart TD\n  A[Leaf] --> B[Tea]"},
    "formula": {"latex": "a^2 + b^2 = c^2"},
}


def storyboard(data: Mapping[str, Any], rules: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A storyboard of the shape that the schema asks for."""
    properties = schema["properties"]["scenes"]["items"]["properties"]
    kinds = properties["visual"].get("enum") or ["slide"]
    before = data.get("previous")
    if before:
        return _revised(data, before, kinds)
    scenes = _of_lines(data["lines"]) if "lines" in data else _of_idea(data, rules)
    return {
        "title": _name(data),
        "look": "Paper cut landscapes in soft evening light, a palette of two colours",
        "scenes": [scene | _shown(number, kinds) for number, scene in enumerate(scenes)],
    }


def expanded(data: Mapping[str, Any]) -> dict[str, Any]:
    """An idea as hook, tone, format, audience and angles."""
    idea = _name(data)
    sentences = _sentences(data)
    return {
        "hook": sentences[0].format(idea=idea),
        "tone": "curious and warm",
        "format": "a hook, three scenes that each answer one question, and a look back",
        "audience": "people who like to know how ordinary things began",
        "angles": [f"{idea}: {sentence}" for sentence in sentences[1:6]],
    }


def written(data: Mapping[str, Any]) -> str:
    """A heading of the part that is meant; without texts before it, a paragraph for each slide."""
    if data.get("about"):
        said = str(data.get("part") or data["about"][0])
        return " ".join(said.split()[:6]).rstrip(",;:")
    told = {"idea": data["prompt"], "language": data.get("language")}
    count, sentences = int(data.get("slides") or 3), _sentences(told)
    return "\n\n".join(
        sentences[number % len(sentences)].format(idea=_name(told)) for number in range(count)
    )


def _of_lines(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Scenes of a few lines each, none across a section's end."""
    scenes: list[dict[str, Any]] = []
    for at, line in enumerate(lines):
        last = scenes[-1] if scenes else None
        same = at > 0 and line.get("section") == lines[at - 1].get("section")
        if (
            last
            and same
            and last["last"] - last["first"] + 1 < max(_LINES_PER_SCENE, len(lines) // 50)
        ):
            last["last"] = line["n"]
        else:
            scenes.append(
                {"first": line["n"], "last": line["n"], "on_screen_text": line["text"][:60]}
            )
    return scenes


def _of_idea(data: Mapping[str, Any], rules: str) -> list[dict[str, Any]]:
    wanted = re.search(r"in about (\d+) scenes", rules)
    count = int(wanted.group(1)) if wanted else 6
    told = re.search(r"About (\d+) words", rules)
    words = int(told.group(1)) if told else count * 14
    sentences = _sentences(data)
    scenes: list[dict[str, Any]] = []
    spoken = 0
    for number in range(count):
        if number and spoken >= words:
            break
        sentence = sentences[number % len(sentences)].format(idea=_name(data))
        spoken += len(sentence.split())
        scenes.append({"narration": sentence, "on_screen_text": " ".join(sentence.split()[:6])})
    return scenes


def _revised(
    data: Mapping[str, Any], before: Mapping[str, Any], kinds: list[str]
) -> dict[str, Any]:
    """Every scene is kept, but for the first, which is written anew."""
    first = before["scenes"][0]
    scene: dict[str, Any] = {"on_screen_text": str(data.get("comment", ""))[:60]}
    if "lines" in data:
        scene |= {"first": 1, "last": _last_line(first["narration"], data["lines"])}
    else:
        scene["narration"] = f"{data['comment'][:120]}. {first['narration']}"
    kept = [{"keep": each["scene"]} for each in before["scenes"][1:]]
    return {"title": before["title"], "scenes": [scene | _shown(0, kinds), *kept]}


def _last_line(narration: str, lines: list[dict[str, Any]]) -> int:
    said = ""
    for line in lines:
        said += "".join(line["text"].split())
        if said == "".join(narration.split()):
            return int(line["n"])
    return len(lines)


def _shown(number: int, kinds: list[str]) -> dict[str, Any]:
    """Pictures where they are wanted, in turn, with a slide now and then.

    No line is about code or the like: that is shown where nothing else may be.
    """
    motion = {"motion": _MOTIONS[number % len(_MOTIONS)]}
    pictured = [kind for kind in kinds if kind != "slide" and kind not in _FIGURES]
    if "slide" in kinds and (not pictured or number % 4 == 3):
        return motion | {"visual": "slide"}
    kind = (pictured or kinds)[number % len(pictured or kinds)]
    if kind in _FIGURES:
        return motion | {"visual": kind, **_FIGURES[kind]}
    if kind == "generated":
        return motion | {"visual": kind, "picture": f"A quiet valley at dusk, scene {number + 1}"}
    return motion | {"visual": kind, "query": "valley dusk"}


def _name(data: Mapping[str, Any]) -> str:
    first = data["lines"][0]["text"] if data.get("lines") else str(data.get("idea", ""))
    name = " ".join(str(first).split()).rstrip(" .")
    return name if len(name) <= _MAX_NAME_CHARS else name[: _MAX_NAME_CHARS - 1] + "…"


def _sentences(data: Mapping[str, Any]) -> tuple[str, ...]:
    return _SENTENCES.get(str(data.get("language", "en")).split("-")[0], _SENTENCES["en"])
