"""Which encoder a machine has: hardware is proven before it is trusted, and remembered.

Remembered is, in a directory, one small file for each encoder, device and kind of answer.
Each appears by a rename and holds one answer only, so that any number of processes may
read and write them at once, and none can spoil or lose what another one has found.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import av
from pydantic import ValidationError

from reels.codecs import CODECS
from reels.files import publish
from reels.grid import CodecName, Encoder
from reels.limits import Limits
from reels.models import Model
from reels.segment_cache import user_directory
from reels.tether import tied

Wish = Literal["auto", "libx264", "h264_nvenc", "h264_qsv", "h264_videotoolbox"]
Kind = Literal["trial", "failure"]

#: How long answers count. New hardware and drivers are asked at once; what failed under way
#: may have been busy.
TRIED_S = 24 * 3600.0
DISABLED_S = 6 * 3600.0

#: On Linux: without any of these files the encoder cannot work, and `auto` need not try it.
_NEEDS = {"h264_nvenc": ("/dev/nvidiactl", "/dev/dxg"), "h264_qsv": ("/dev/dri",)}

#: A driver's first start compiles things, and may hang.
TRIAL_S = 60.0

log = logging.getLogger(__name__)


class Answer(Model):
    """Whether an encoder is to be used, why not, and until when that counts (epoch seconds)."""

    works: bool
    reason: str = ""
    until_s: float


class Memory(NamedTuple):
    """The directory of answers. One that cannot be written to remembers nothing."""

    directory: Path

    def recall(self, kind: Kind, codec: CodecName) -> Answer | None:
        """What was kept and still counts."""
        try:
            answer = Answer.model_validate_json(self._file(kind, codec).read_bytes())
        except (OSError, ValidationError):
            return None
        return answer if answer.until_s > time.time() else None

    def keep(self, kind: Kind, codec: CodecName, answer: Answer) -> None:
        file = self._file(kind, codec)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=file.parent) as desk:
                fresh = Path(desk) / file.name
                fresh.write_text(answer.model_dump_json())
                publish(fresh, file)
        except OSError as error:
            log.warning("It cannot be remembered whether %s works: %s", codec, error)

    def _file(self, kind: Kind, codec: CodecName) -> Path:
        return self.directory / f"{codec}-{device()}-{kind}.json"


def best_encoder(wish: Wish = "auto", directory: Path | None = None) -> Encoder:
    """The encoder that is wished for, where this machine has it, else libx264.

    `auto` is the first hardware encoder that works. Whether one does is proven in a child
    process (about a second) and remembered in `directory`, by default the user's own.
    Asking for `libx264` costs nothing, nor does `auto` where there is no hardware.
    """
    memory = Memory(directory or _own_directory())
    for codec in _candidates(wish):
        answer = memory.recall("failure", codec) or memory.recall("trial", codec)
        if answer is None:
            answer = tried([sys.executable, "-m", "reels.trial", codec])
            memory.keep("trial", codec, answer)
        if answer.works:
            return CODECS[codec].usual.model_copy(update={"device": device()})
        level = logging.DEBUG if wish == "auto" else logging.WARNING
        log.log(level, "%s is not used: %s", codec, answer.reason)
    return Encoder()


def disable(encoder: Encoder, reason: str, directory: Path | None = None) -> None:
    """Let `best_encoder` pass over this hardware encoder for the next hours."""
    memory = Memory(directory or _own_directory())
    until_s = time.time() + DISABLED_S
    memory.keep("failure", encoder.codec, Answer(works=False, reason=reason, until_s=until_s))
    hours = DISABLED_S / 3600
    log.warning("%s is not used for the next %g hours: %s", encoder.codec, hours, reason)


def is_here(encoder: Encoder) -> bool:
    """Whether parts made on this machine fit those of an encoder chosen on another one."""
    return encoder.device in ("", device())


@cache
def device() -> str:
    """A short name of the hardware, drivers and codec library that shape encoded bytes."""
    hardware = [each for each in (*_nvidia(), *_render_nodes(), platform.mac_ver()[0]) if each]
    # Where nothing is known of the hardware, every machine counts as another one.
    known = hardware or [platform.node()]
    parts = [platform.system(), platform.machine(), *known, av.__version__]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _candidates(wish: Wish) -> list[CodecName]:
    """The hardware encoders that come into question, the best first."""
    if wish == "libx264":
        return []
    if wish != "auto":
        return [wish]
    built = [name for name in CODECS if name != "libx264" and name in av.codecs_available]
    return [name for name in built if _may_be_here(name)]


def _may_be_here(codec: CodecName) -> bool:
    files = _NEEDS.get(codec, ()) if sys.platform.startswith("linux") else ()
    return not files or any(os.path.exists(file) for file in files)


def tried(trial: list[str]) -> Answer:
    """What a trial finds, which runs in a process of its own that a driver may crash."""
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    try:
        run = subprocess.run(
            tied(trial, Limits()),
            env=os.environ | {"PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TRIAL_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _answer(f"It took longer than {TRIAL_S:g} s.")
    return _answer(_fault(run))


def _fault(run: subprocess.CompletedProcess[bytes]) -> str:
    """What the trial found. Drivers may write to its output too, so its last line counts."""
    lines = run.stdout.splitlines()
    if run.returncode == 0 and lines:
        with suppress(ValueError, KeyError):
            return str(json.loads(lines[-1])["fault"])
    said = run.stderr.decode(errors="replace").strip().splitlines()
    return f"Its trial ended with {run.returncode}: {said[-1] if said else 'no word'}"


def _answer(fault: str) -> Answer:
    return Answer(works=not fault, reason=fault, until_s=time.time() + TRIED_S)


def _own_directory() -> Path:
    return user_directory().parent / "encoders"


def _nvidia() -> list[str]:
    """The driver's version and the models of the cards, as Linux's driver tells them."""
    root = Path("/proc/driver/nvidia")
    about = [root / "version", *sorted(root.glob("gpus/*/information"))]
    lines = [line for file in about for line in _text(file).splitlines()]
    return [line.strip() for line in lines if line.startswith(("NVRM", "Model"))]


def _render_nodes() -> list[str]:
    """The PCI numbers of what can draw or encode, as Linux's kernel tells them."""
    nodes = sorted(Path("/sys/class/drm").glob("renderD*/device"))
    return [_text(node / name).strip() for node in nodes for name in ("vendor", "device")]


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""
