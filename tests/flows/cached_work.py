"""A flow for other processes to run: `python -m tests.flows.cached_work JOURNAL LINE [GATE]`.

Its one cached task writes its process id to JOURNAL when it begins, and waits until the
file GATE is there.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from prefect import flow

from blocks.registry import load_store
from flows.caching import artifact_key, cached_task
from reels.models import SpeechRef


@cached_task(kind="test-speech", version="1", ignore=["journal", "gate"])
def speak(line: str, *, journal: str, gate: str = "", job_id: str = "") -> SpeechRef:
    with Path(journal).open("a") as out:
        out.write(f"{os.getpid()}\n")
    while gate and not Path(gate).exists():
        time.sleep(0.01)
    audio = load_store().put(artifact_key(".wav"), line.encode())
    return SpeechRef(audio=audio, duration_s=1.5, provider="test")


@flow
def speak_once(line: str, journal: str, gate: str = "") -> SpeechRef:
    return speak(line, journal=journal, gate=gate, job_id=str(os.getpid()))


if __name__ == "__main__":
    print("READY", flush=True)
    print(speak_once(sys.argv[2], sys.argv[1], *sys.argv[3:]).audio.sha256, flush=True)
