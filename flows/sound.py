"""The sound of a render: one cached task."""

from __future__ import annotations

from pathlib import Path

from prefect.futures import PrefectFuture

from blocks.registry import load_store
from flows.caching import artifact_key, cached_task
from flows.killed import AGAIN_IF_KILLED
from flows.workspace import bring, workspace
from reels import audio
from reels.effects import SoundEffect, effect
from reels.effects.made import Recorded
from reels.models import ArtifactRef, Loudness, Model
from reels.plans import PlannedAccent, PlannedLine, RenderPlan
from reels.timeline import MUSIC_FADES_S


class Sound(Model):
    """A mixed sound track, the voice alone, and the loudness as measured."""

    track: ArtifactRef
    voiceover: ArtifactRef
    loudness: Loudness


def start_sound(wanted: RenderPlan) -> PrefectFuture[Sound]:
    """Start to mix the plan's sound."""
    return mix_sound.submit(
        lines=wanted.lines,
        music=wanted.music,
        duration_s=wanted.duration_s,
        effects=accents_of(wanted),
        fades_s=wanted.music_fades_s,
    )


def accents_of(wanted: RenderPlan) -> tuple[PlannedAccent, ...]:
    """The asked effect at the start of every scene but the first."""
    if wanted.effects == "none":
        return ()
    sound = wanted.effect_sound
    version = Recorded.version if sound else effect(wanted.effects).version
    return tuple(
        PlannedAccent(effect=wanted.effects, version=version, at_s=start_s, sound=sound)
        for start_s in wanted.scene_starts_s[1:]
    )


def _heard(accents: tuple[PlannedAccent, ...], work: Path) -> list[audio.Accent]:
    """Each sound is decoded once, however often it is heard."""
    sounds: dict[str, SoundEffect] = {}
    for each in accents:
        name, ref = each.effect, each.sound
        if ref is None:
            sounds.setdefault(name, effect(name))
        elif ref.sha256 not in sounds:
            path = bring(load_store(), ref, work / "effects")
            sounds[ref.sha256] = Recorded(name, path, work / f"{ref.sha256}.f32")
    return [
        audio.Accent(sounds[each.sound.sha256 if each.sound else each.effect], each.at_s)
        for each in accents
    ]


@cached_task(kind="sound", version="2", task_run_name="mix the sound", **AGAIN_IF_KILLED)
def mix_sound(
    lines: tuple[PlannedLine, ...],
    music: ArtifactRef | None,
    duration_s: float,
    effects: tuple[PlannedAccent, ...] = (),
    fades_s: tuple[float, float] = MUSIC_FADES_S,
) -> Sound:
    """The sound track as AAC, and the voice alone as MP3."""
    store = load_store()
    with workspace() as work:
        spoken = [
            audio.Line(bring(store, line.audio, work / "lines"), line.start_s) for line in lines
        ]
        bed = bring(store, music, work) if music else None
        voice = work / "voice.mp3"
        loudness = audio.mix(
            spoken,
            bed,
            duration_s,
            work / "mix.m4a",
            work,
            effects=_heard(effects, work),
            voice_to=voice,
            fades_s=fades_s,
        )
        return Sound(
            track=store.put(artifact_key(".m4a"), work / "mix.m4a"),
            voiceover=store.put(artifact_key(".mp3"), voice),
            loudness=loudness,
        )
