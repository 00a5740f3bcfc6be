"""The service `image-service`: a text becomes a slide, or a picture that is generated."""

from __future__ import annotations

from pydantic import JsonValue

from reels.chains import FALLING
from reels.cloud.attempts import tried
from reels.errors import InvalidInput
from reels.models import Scene
from reels.services.base import Bench, Order, Pool, TaskResult
from reels.services.frames import size_for
from reels.services.languages import language_for, settings_key
from reels.settings import FlowSettings
from reels.storyboard.headline import headline
from reels.storyboard.markdown import has_words, plain
from reels.visuals import visual
from reels.visuals.base import Canvas
from reels.visuals.generated import Generated
from reels.visuals.slide import Slide
from reels.visuals.slide_spec import MAX_TITLE_CHARS, spec_for

_MAX_PROMPT_CHARS = 1_000


class ImageService:
    """`params.resolution` is the picture's size as `1080x1920`, `params.style` its look.

    With `params.captions` as `none` no room is kept for them. It is a slide, unless the
    settings name `gemini` for pictures; one that cannot be generated is a slide as well, and
    says so.
    """

    name = "image-service"
    pool: Pool = "pipeline"

    @property
    def version(self) -> str:
        kinds = (self._generated(), Slide.kind)
        drawn = "+".join(f"{kind}-{visual(kind).version}" for kind in kinds if kind)
        return f"1+{drawn}+{settings_key()}"

    def work(self, order: Order, bench: Bench) -> TaskResult:
        """See `Service.work`; the artifact is a PNG."""
        size_px = size_for(order)
        text = " ".join(plain(bench.text(each)) for each in order.given("text"))
        text = text if has_words(text) else plain(order.prompt or "")
        if not has_words(text):
            raise InvalidInput(
                "slide_prompt_id",
                f"{order.name} has nothing to show.",
                remedy="Name a task that writes a text, or give a prompt.",
            )
        canvas = Canvas(
            size_px=size_px,
            language=language_for(order, text),
            style=order.told("style"),
            captions=order.told("captions") != "none",
            scene_number=order.turn,
            scene_count=order.turns,
        )
        degraded = ""
        target = bench.folder / "picture.png"
        if generated := self._generated():
            try:
                spec: dict[str, JsonValue] = {"prompt": text[:_MAX_PROMPT_CHARS]}
                file = tried(lambda: visual(generated).draw(spec, canvas, target))
                return TaskResult(kind="picture", artifact=bench.keep(file), provider=generated)
            except FALLING as error:
                degraded = f"A slide in place of a generated picture: {error}"
        file = Slide().draw(_slide(text, order), canvas, target)
        return TaskResult(
            kind="picture", artifact=bench.keep(file), provider=Slide.kind, degraded=degraded
        )

    def _generated(self) -> str:
        return Generated.kind if FlowSettings().text2img_provider == Generated.kind else ""


def _slide(text: str, order: Order) -> dict[str, JsonValue]:
    """As a video's own slides are made: first the title, last a closing card, in one palette."""
    shown = text if len(text) <= MAX_TITLE_CHARS else headline(text)
    scene = Scene(narration=shown, on_screen_text=shown)
    title = shown if order.turn == 1 else ""
    return {**spec_for(scene, title, order.turn, order.turns), "seed": order.family}
