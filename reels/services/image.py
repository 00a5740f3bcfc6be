"""The service `image-service`: a text becomes a slide, or a picture that is generated."""

from __future__ import annotations

from pydantic import JsonValue

from reels.chains import FALLING
from reels.errors import InvalidInput
from reels.language import language_of
from reels.services.base import Bench, Order, Pool, TaskResult
from reels.services.frames import size_for
from reels.settings import FlowSettings
from reels.storyboard.markdown import plain
from reels.visuals import visual
from reels.visuals.base import Canvas
from reels.visuals.generated import Generated
from reels.visuals.slide import Slide
from reels.visuals.slide_spec import MAX_TITLE_CHARS

_MAX_PROMPT_CHARS = 1_000


class ImageService:
    """`params.resolution` is the picture's size as `1080x1920`, `params.style` its look.

    It is a slide, unless the settings name `gemini` for pictures; one that cannot be generated
    is a slide as well, and says so.
    """

    name = "image-service"
    pool: Pool = "pipeline"

    @property
    def version(self) -> str:
        kinds = (self._generated(), Slide.kind)
        return "1+" + "+".join(f"{kind}-{visual(kind).version}" for kind in kinds if kind)

    def work(self, order: Order, bench: Bench) -> TaskResult:
        """See `Service.work`; the artifact is a PNG."""
        texts = [plain(bench.text(each)) for each in order.given("text")]
        text = " ".join(texts) or plain(order.prompt or "")
        if not text:
            raise InvalidInput("slide_prompt_id", f"{order.name} has nothing to show.")
        language = order.told("language") or language_of(text, FlowSettings().default_language)
        canvas = Canvas(
            size_px=size_for(order),
            language=language,
            style=order.told("style"),
            scene_number=order.turn,
            scene_count=order.turns,
        )
        degraded = ""
        target = bench.folder / "picture.png"
        if generated := self._generated():
            try:
                spec: dict[str, JsonValue] = {"prompt": text[:_MAX_PROMPT_CHARS]}
                file = visual(generated).draw(spec, canvas, target)
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
    """The first slide of a video is its title; all have one palette."""
    title = text if len(text) <= MAX_TITLE_CHARS else text[:MAX_TITLE_CHARS].rsplit(" ", 1)[0]
    return {
        "layout": "title" if order.turn == 1 else "statement",
        "title": title,
        "seed": order.family,
    }
