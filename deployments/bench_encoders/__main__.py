"""Runs all contenders, and says which of them does the least work for a good picture."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deployments.bench_encoders.material import material
from deployments.bench_encoders.scores import (
    HARDLY_MORE,
    LEAST_MEAN,
    LEAST_WORST,
    MOST_BANDS,
    MOST_MBIT_S,
    Result,
    measured,
)
from reels.codecs import CODECS
from reels.errors import ReelsError
from reels.grid import CodecName, Encoder
from reels.hardware import best_encoder

OUT = Path("out/bench")

#: Qualities around the place where each preset passes the rule, or nearly.
X264 = {
    "ultrafast": (12, 14, 16, 18, 20),
    "superfast": (15, 16, 17, 18, 19, 20),
    "veryfast": (12, 14, 16, 18, 20),
    "faster": (12, 14, 16),
    "fast": (14,),
    "medium": (14,),
}
#: What is tried of hardware, where there is any: steps from its usual quality.
STEPS = (-4, -2, 0, 2, 4)


def contenders() -> Iterator[Encoder]:
    for preset, qualities in X264.items():
        yield from (Encoder(preset=preset, crf=crf) for crf in qualities)
    names: list[CodecName] = [name for name in CODECS if name != "libx264"]
    for name in names:
        found = best_encoder(name)
        if found.codec == name:
            yield from (found.model_copy(update={"crf": found.crf + step}) for step in STEPS)


def chosen(results: Sequence[Result]) -> Result | None:
    """By the rule, among what every machine has."""
    good = [each for each in results if each.is_good and each.encoder.codec == "libx264"]
    if not good:
        return None
    most = HARDLY_MORE * min(each.ms_per_frame for each in good)
    return min((each for each in good if each.ms_per_frame <= most), key=lambda each: each.mbit_s)


def table(results: Sequence[Result], best: Result | None) -> Table:
    shown = Table(title="1080x1920, one thread; VMAF and bands of what fares worst")
    columns = ("encoder", "crf", "CPU ms/frame", "Mbit/s", "VMAF", "worst 1 %", "bands", "")
    for column in columns:
        shown.add_column(column, justify="left" if column in ("encoder", "") else "right")
    for each in results:
        encoder = each.encoder
        name = encoder.preset if encoder.codec == "libx264" else encoder.codec
        figures = (each.ms_per_frame, each.mbit_s, each.vmaf, each.vmaf_worst, each.cambi)
        mark = "chosen" if each is best else "good" if each.is_good else ""
        if encoder == Encoder():
            mark += " (default)"
        shown.add_row(name, str(encoder.crf), *(f"{n:.1f}" for n in figures), mark.strip())
    return shown


def written(results: Sequence[Result], best: Result | None) -> dict[str, Any]:
    """What is written to encoders.json."""
    return {
        "rule": {
            "vmaf": LEAST_MEAN,
            "vmaf_worst_hundredth": LEAST_WORST,
            "cambi_at_most": MOST_BANDS,
            "mbit_s_at_most": MOST_MBIT_S,
        },
        "chosen": best.written() if best else None,
        "default": Encoder().model_dump(include={"codec", "preset", "crf"}),
        "results": [each.written() for each in results],
    }


def main() -> int:
    console = Console(highlight=False, soft_wrap=True)
    OUT.mkdir(parents=True, exist_ok=True)
    results: list[Result] = []
    try:
        with tempfile.TemporaryDirectory(dir=OUT) as folder:
            desk = Path(folder).resolve()
            kinds = material(desk)
            for encoder in contenders():
                results.append(measured(encoder, kinds, desk))
                console.print(f"  {encoder.codec} {encoder.preset} {encoder.crf}")
    except ReelsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    best = chosen(results)
    (OUT / "encoders.json").write_text(json.dumps(written(results, best), indent=2) + "\n")
    console.print(table(results, best))
    console.print(f"Written to {OUT / 'encoders.json'}.", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
