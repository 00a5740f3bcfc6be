"""What there is to know of a slideshow's sound: its length, its beats, its words."""

from __future__ import annotations

from blocks.registry import load_store
from flows.caching import cached_task
from flows.dispatch import run_child
from flows.slideshow_job import SlideshowJob
from flows.workspace import bring, workspace
from reels.documents import read
from reels.models import ArtifactRef, Model
from reels.plans import Transcribed, TranscribePlan
from reels.progress import OnShare
from reels.slideshow import MAX_SLIDESHOW_S
from reels.transcripts import Transcript

TRANSCRIBER = "whisper"


class SoundFacts(Model):
    """How long a sound lasts, after how long it comes again when it is looped, its beats."""

    duration_s: float
    loop_s: float
    beats_s: tuple[float, ...] = ()


@cached_task(kind="sound-facts", version="1", task_run_name="listen")
def listen(audio: ArtifactRef, with_beats: bool) -> SoundFacts:
    """Decode a sound and look it through. Raises RenderError: it is none, or broken."""
    # NumPy and the decoder's limits are loaded by the task, not with the flow.
    import numpy as np

    from reels.beats import RATE_HZ, beats
    from reels.loudness import RATE
    from reels.pcm import loop_period
    from reels.sounds import decode

    with workspace() as work:
        raw = work / "sound.f32"
        samples = decode(bring(load_store(), audio, work), raw, rate_hz=RATE_HZ, channels=1)
        duration_s = samples / RATE_HZ
        sound = np.memmap(raw, np.float32, "r")[: MAX_SLIDESHOW_S * RATE_HZ]
        return SoundFacts(
            duration_s=duration_s,
            loop_s=loop_period(round(duration_s * RATE)) / RATE,
            beats_s=beats(sound) if with_beats else (),
        )


def heard(job: SlideshowJob, sound: ArtifactRef, on_share: OnShare) -> Transcript | None:
    """What is said in the sound, by Whisper on the gpu pool; None when nobody asked.

    Raises:
        RenderError: it cannot be heard; says why, as that Whisper is not installed.
    """
    if job.request.captions == "none":
        return None
    plan = TranscribePlan(language=job.request.language, aligner=TRANSCRIBER, audio=sound)
    found = run_child("transcribe-audio/default", plan, Transcribed, job, on_share)
    assert found.transcript is not None  # a plan with a sound
    return read(Transcript, job.store.read(found.transcript.key), found.transcript.key)
