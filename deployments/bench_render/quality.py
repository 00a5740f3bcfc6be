"""VMAF of our frames and of the recipe's against the reference of the same move."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from deployments.bench_render import finished, material, ours, reference, zoompan
from deployments.bench_render.bench import Bench, Figures
from deployments.bench_render.clock import run, say
from reels import ffmpeg
from reels.timeline import Timeline

SHOT_S = 2
SHOTS = 2
#: The usual model, and the one that does not reward sharpening.
_MODELS = {"vmaf": "vmaf_v0.6.1", "vmaf_neg": "vmaf_v0.6.1neg"}
_TIMEOUT_S = 600.0


def measure(bench: Bench) -> Figures:
    """Two pictures of two seconds without captions; VMAF's models look at luma alone."""
    desk = bench.folder("quality")
    pictures = bench.pictures[:SHOTS]
    timeline = material.timeline(pictures, SHOTS * SHOT_S, shot_s=SHOT_S, captions="none")
    run(ours.command(timeline, desk), desk)
    run(zoompan.command(timeline, desk, desk / "zoompan.mp4"), desk)
    raw = finished.room_for(timeline, desk) / "quality-reference.yuv"
    try:
        _write_reference(timeline, raw)
        say("  made the reference; comparing")
        found = {name: _vmaf(desk, f"{name}.mp4", raw, timeline) for name in ("ours", "zoompan")}
    finally:
        raw.unlink(missing_ok=True)
    figures: Figures = {}
    for name, scores in found.items():
        figures |= {f"{model}_{name}": score for model, score in scores.items()}
    sizes = {name: (desk / f"{name}.mp4").stat().st_size for name in found}
    say(f"  VMAF ours {figures['vmaf_ours']:.2f}, zoompan {figures['vmaf_zoompan']:.2f}")
    return figures | {
        "vmaf_at_equal_or_better": figures["vmaf_ours"] >= figures["vmaf_zoompan"],
        "vmaf_bytes": sizes,
    }


def _write_reference(timeline: Timeline, raw: Path) -> None:
    width, height = timeline.size_px
    grey = np.full(width * height // 2, 128, np.uint8)
    with raw.open("wb") as file:
        for shot in timeline.shots:
            for luma in reference.shot_frames(shot, timeline.size_px):
                file.write(luma.data)
                file.write(grey.data)


def _vmaf(desk: Path, video: str, raw: Path, timeline: Timeline) -> dict[str, float]:
    """Mean scores by model."""
    width, height = timeline.size_px
    models = "|".join(f"version={model}\\:name={name}" for name, model in _MODELS.items())
    # One range on both sides, else ffmpeg would convert one of them.
    same = "setparams=range=tv:colorspace=bt709,settb=AVTB,setpts=N/30/TB"
    graph = (
        f"[0:v]{same}[seen];[1:v]{same}[reference];"
        f"[seen][reference]libvmaf=model='{models}':n_threads=2:log_fmt=json:log_path=vmaf.json"
    )
    source = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}"]
    source += ["-r", str(timeline.fps), "-i", str(raw.resolve())]
    ffmpeg.run(["-i", video, *source, "-lavfi", graph, "-f", "null", "-"], desk, _TIMEOUT_S)
    log = json.loads((desk / "vmaf.json").read_text())
    assert len(log["frames"]) == timeline.frames
    return {name: round(log["pooled_metrics"][name]["mean"], 3) for name in _MODELS}
