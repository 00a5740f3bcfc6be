"""The flow of the gpu pool: when is each word of known lines spoken?"""

from __future__ import annotations

from itertools import zip_longest

from prefect import flow

from blocks.registry import load_store
from flows.books import Payer
from flows.runners import threads
from flows.tasks import align_line
from reels.models import ArtifactRef
from reels.plans import Transcribed, TranscribePlan
from reels.words import aligner


@flow(
    name="transcribe-audio",
    task_runner=threads(2),
    persist_result=True,
    result_serializer="json",
)
def transcribe_audio(
    plan: ArtifactRef, payer: Payer | None = None, scenes: tuple[int, ...] = ()
) -> Transcribed:
    """Align every line of the `TranscribePlan` that lies under `plan`.

    `payer` bears the costs, if there are any; `scenes` are the lines' scenes, for its books.
    """
    wanted = TranscribePlan.model_validate_json(load_store().read(plan.key))
    maker = aligner(wanted.aligner)
    futures = [
        align_line.submit(
            audio=line.speech.audio,
            text=line.text,
            language=wanted.language,
            provider=maker.name,
            provider_version=maker.version,
            payer=payer.of_scene(scene) if payer and scene else payer,
        )
        for line, scene in zip_longest(wanted.lines, scenes[: len(wanted.lines)])
    ]
    return Transcribed(lines=tuple(future.result() for future in futures))
