"""The service `text-service`: a prompt, and texts that were written before, become a text."""

from __future__ import annotations

from reels.errors import InvalidInput
from reels.services.base import Bench, Order, Pool, TaskResult
from reels.services.languages import language_for, settings_key
from reels.settings import FlowSettings
from reels.storyboard.markdown import has_words, plain
from reels.writers import Wanted, version_of, written

_MAX_SLIDES = 60


class TextService:
    """`params.language` is the text's language; without it the given texts', or the prompt's.

    `params.slides` says for how many slides a text is written. The model is the settings'.
    """

    name = "text-service"
    pool: Pool = "pipeline"

    @property
    def version(self) -> str:
        return f"1+{version_of(FlowSettings().storyboard_provider)}+{settings_key()}"

    def work(self, order: Order, bench: Bench) -> TaskResult:
        """See `Service.work`; the artifact is plain text."""
        prompt = order.prompt or ""
        if not has_words(plain(prompt)):
            raise InvalidInput(
                "prompt",
                f"{order.name} has a prompt without words.",
                remedy="Say what it is about.",
            )
        wanted = Wanted(
            prompt=prompt,
            about=tuple(bench.text(each) for each in order.given("text")),
            part=order.turn,
            parts=order.turns,
            language=language_for(order, prompt),
            slides=order.counted("slides", _MAX_SLIDES),
        )
        text = written(FlowSettings().storyboard_provider, wanted)
        file = bench.folder / "text.txt"
        file.write_text(text.text, encoding="utf-8")
        return TaskResult(
            kind="text",
            artifact=bench.keep(file),
            provider=text.provider,
            language=wanted.language,
            degraded=text.degraded,
        )
