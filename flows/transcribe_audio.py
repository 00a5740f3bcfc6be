"""The flow of the gpu pool: when is each word of known lines spoken, or what is said?"""

from __future__ import annotations

from prefect import flow

from blocks.registry import load_store
from flows.aligning import align_lines
from flows.books import Payer
from flows.memory import memory_for
from flows.observing import observed
from flows.progress import child_telling
from flows.runners import threads
from flows.tasks import SOUND, transcribe_sound
from reels.chains import links
from reels.documents import read
from reels.models import ArtifactRef
from reels.needs import RUN_BYTES, listening_bytes
from reels.plans import Transcribed, TranscribePlan
from reels.words import transcriber
from reels.words.whisper import Whisper


@flow(
    name="transcribe-audio",
    task_runner=threads(2),
    persist_result=True,
    result_serializer="json",
)
@observed
def transcribe_audio(
    plan: ArtifactRef | TranscribePlan,
    payer: Payer | None = None,
    scenes: tuple[int, ...] = (),
) -> Transcribed:
    """Align every line of the plan, or transcribe its sound.

    The `TranscribePlan` lies in the store, or is given as it is, as from a command line.
    `payer` bears the costs, if there are any; `scenes` are the lines' scenes, for its books.
    """
    if isinstance(plan, ArtifactRef):
        plan = read(TranscribePlan, load_store().read(plan.key), plan.key)
    with memory_for("This transcription", _need_bytes(plan)):
        return _made(plan, payer, scenes)


def _made(plan: TranscribePlan, payer: Payer | None, scenes: tuple[int, ...]) -> Transcribed:
    if plan.audio is not None:
        with child_telling("words", "Of the sound, what has been heard") as tally:
            tally.expect(SOUND)
            return Transcribed(transcript=_transcribed(plan, plan.audio, payer))
    with child_telling("words", "Lines whose words have their times") as tally:
        return align_lines(plan, payer, scenes, tally)


def _need_bytes(plan: TranscribePlan) -> int:
    return listening_bytes() if Whisper.name in links(plan.aligner) else RUN_BYTES


def _transcribed(plan: TranscribePlan, audio: ArtifactRef, payer: Payer | None) -> ArtifactRef:
    maker = transcriber(plan.aligner)
    return transcribe_sound(
        audio=audio,
        language=plan.language,
        provider=maker.name,
        provider_version=maker.version,
        payer=payer,
    )
