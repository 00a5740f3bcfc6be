"""python -m deployments.examples [--only KIND,...] [--no-videos]"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from pydantic import JsonValue

from deployments.examples.sheet import contact_sheet
from deployments.examples.specs import EXAMPLES, Example
from deployments.fake_cloud.running import FAKE_KEY, Cloud, running_cloud
from reels.document import Document
from reels.errors import ReelsError
from reels.machine import cores
from reels.models import SIZES_PX, Aspect
from reels.rendering import render
from reels.visuals import visual
from reels.visuals.base import Canvas
from reels.visuals.stages import stages
from reels.visuals.theme import THEMES

OUT = Path("out/examples")
#: Where the address of a picture on the web is kept while the examples are made.
_PICTURE = "REELWRIGHT_EXAMPLE_PICTURE"
_TITLE = "Reelwright's examples"
#: A cell's longer side on a sheet.
_CELL_PX = 420
_SHOT_S, _STEP_S = 3.0, 1.2
_DRAWN = {"slide", "code", "diagram", "formula", "placeholder"}


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="examples", description=__doc__)
    parser.add_argument("--only", metavar="KIND,...", default="")
    parser.add_argument("--no-videos", action="store_true", help="pictures and sheets alone")
    asked = parser.parse_args(words)
    kinds = set(filter(None, asked.only.split(",")))
    chosen = [each for each in EXAMPLES if not kinds or each.kind in kinds]
    if not chosen:
        print(f"error: no example is of a kind {asked.only}", file=sys.stderr)
        return 2
    began = time.perf_counter()
    shutil.rmtree(OUT, ignore_errors=True)
    with _cloud(chosen):
        failed = _sheets(chosen)
        if not asked.no_videos:
            for theme in THEMES:
                print(_video(theme, [each for each in chosen if each.kind in _DRAWN]))
    print(f"{len(chosen)} examples in {time.perf_counter() - began:.0f} s, in {OUT}")
    return 1 if failed else 0


@contextmanager
def _cloud(chosen: Sequence[Example]) -> Iterator[None]:
    """What is taken from services comes from the fake cloud."""
    if not any(example.taken for example in chosen):
        yield
        return
    with running_cloud() as cloud:
        os.environ.update(cloud.environment())
        os.environ["VIDEO_SERVICE_FETCH_ALLOWED_HOSTS"] = urlsplit(cloud.url).netloc
        os.environ[_PICTURE] = _a_picture(cloud)
        yield


def _a_picture(cloud: Cloud) -> str:
    """The address of a picture that the fake cloud serves."""
    headers = {"Authorization": FAKE_KEY}
    found = httpx.get(f"{cloud.url}/pexels/v1/search?query=river", headers=headers, trust_env=False)
    return str(found.raise_for_status().json()["photos"][0]["src"]["original"])


def _sheets(chosen: Sequence[Example]) -> bool:
    """Draw all pictures and a sheet for each shape; whether one could not be drawn."""
    failed = False
    with ThreadPoolExecutor(cores()) as pool:
        for aspect, size_px in SIZES_PX.items():
            rows = [
                list(pool.map(lambda each: _drawn(each, theme, aspect), enumerate(chosen, 1)))  # noqa: B023
                for theme in THEMES
            ]
            scale = _CELL_PX / max(size_px)
            cell_px = round(size_px[0] * scale), round(size_px[1] * scale)
            kept = [[path for path in row if path] for row in rows]
            failed = failed or any(path is None for row in rows for path in row)
            print(contact_sheet(kept, cell_px, OUT / f"{aspect.replace(':', 'x')}.png"))
    return failed


def _drawn(numbered: tuple[int, Example], theme: str, aspect: Aspect) -> Path | None:
    number, example = numbered
    folder = OUT / theme / aspect.replace(":", "x")
    folder.mkdir(parents=True, exist_ok=True)
    to = folder / f"{number:02}-{example.name}.png"
    try:
        return visual(example.kind).draw(
            _spec(example), _canvas(example, number, theme, aspect), to
        )
    except ReelsError as error:
        print(f"error: {to}: {error}", file=sys.stderr)
        return None


def _spec(example: Example) -> dict[str, JsonValue]:
    if example.kind == "image":
        return {**example.spec, "url": os.environ[_PICTURE]}
    if example.kind not in _DRAWN:
        return example.spec
    seeded: dict[str, JsonValue] = {"seed": _TITLE, **example.spec}
    return seeded if example.kind == "placeholder" else {"eyebrow": _TITLE, **seeded}


def _canvas(example: Example, number: int, theme: str, aspect: Aspect) -> Canvas:
    return Canvas(
        size_px=SIZES_PX[aspect],
        language=example.language,
        style=theme,
        scene_number=number,
        scene_count=len(EXAMPLES),
    )


def _video(theme: str, chosen: Sequence[Example]) -> Path:
    """All drawn kinds one after the other, built up step by step."""
    folder = OUT / theme / "steps"
    folder.mkdir(parents=True, exist_ok=True)
    shots = []
    for number, example in enumerate(chosen, 1):
        canvas = _canvas(example, number, theme, "9:16")
        steps = stages(example.kind, _spec(example), canvas)
        for at, step in enumerate(steps):
            to = folder / f"{number:02}-{at:02}.png"
            visual(example.kind).draw(step.spec, canvas, to)
            last = at == len(steps) - 1
            shots.append(
                {
                    "media": str(to.resolve()),
                    "duration_s": _SHOT_S if last else _STEP_S,
                    "transition": "slide" if at == 0 else "crossfade",
                }
            )
    document = Document.model_validate({"version": 1, "size_px": SIZES_PX["9:16"], "shots": shots})
    target = OUT / f"{theme}.mp4"
    render(document, target, cache=OUT / "cache")
    shutil.rmtree(OUT / "cache", ignore_errors=True)
    return target


if __name__ == "__main__":
    sys.exit(main())
