"""The service `text-service`: a prompt, and texts that were written before, become a text."""

from __future__ import annotations

from reels.errors import InvalidInput
from reels.language import language_of
from reels.services.base import Bench, Order, Pool, TaskResult
from reels.settings import FlowSettings
from reels.writers import Wanted, version_of, written


class TextService:
    """`params.language` is the text's language; without it the prompt's own."""

    name = "text-service"
    pool: Pool = "pipeline"

    @property
    def version(self) -> str:
        return f"1+{version_of(FlowSettings().storyboard_provider)}"

    def work(self, order: Order, bench: Bench) -> TaskResult:
        """See `Service.work`; the artifact is plain text."""
        if not order.prompt or not order.prompt.strip():
            raise InvalidInput("prompt", f"{order.name} has no prompt.")
        settings = FlowSettings()
        about = tuple(bench.text(each) for each in order.given("text"))
        told = order.told("language")
        language = told or language_of(" ".join((order.prompt, *about)), settings.default_language)
        wanted = Wanted(
            prompt=order.prompt,
            about=about,
            part=order.turn,
            parts=order.turns,
            language=language,
        )
        text = written(settings.storyboard_provider, wanted)
        file = bench.folder / "text.txt"
        file.write_text(text.text, encoding="utf-8")
        return TaskResult(
            kind="text", artifact=bench.keep(file), provider=text.provider, language=language
        )
