"""Of `reelwright doctor`: Python, packages, ffmpeg, memory, fonts, the data directory."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import av
import av.filter
from packaging.requirements import Requirement

from deployments.capacity import here
from deployments.ops.finding import Finding, Findings, House
from deployments.ops.target import own_layout
from reels import ffmpeg
from reels.errors import ReelsError
from reels.fonts import FACES, FALLBACKS
from reels.hardware import best_encoder
from reels.limits import CLIP_FORMATS, SOUND_FORMATS
from reels.machine import cores
from reels.models import SIZES_PX
from reels.needs import render_bytes
from reels.settings import FlowSettings

#: A job of a minute takes some 200 MB at work; a disk that is nearly full fails many at once.
LEAST_FREE_BYTES: Final = 2 * 10**9
_PACKAGE: Final = "reelwright"
_FFMPEG_S: Final = 20.0

#: What our command lines name, by the list that ffmpeg prints it in.
_FFMPEG_NEEDS: Final[dict[str, frozenset[str]]] = {
    "encoders": frozenset({"libx264", "aac", "libmp3lame", "rawvideo"}),
    "decoders": frozenset({"h264", "hevc", "vp9", "mjpeg", "png", "gif", "aac", "mp3", "flac"}),
    "demuxers": frozenset({*CLIP_FORMATS, *SOUND_FORMATS}),
    "filters": frozenset(
        {
            *("scale", "crop", "format", "premultiply", "setparams", "zscale", "tonemap"),
            *("gblur", "lutyuv", "bwdif", "settb", "setpts", "tpad", "fps", "trim", "setsar"),
            *("split", "overlay", "tile", "aresample", "atrim", "asetpts"),
        }
    ),
}
#: What is used in this process, by PyAV.
_AV_CODECS: Final = frozenset({"libx264", "aac", "libmp3lame"})
_AV_FILTERS: Final = frozenset({"ebur128", "abuffer", "abuffersink"})
_REINSTALL: Final = "Install the packages again, by constraints.txt."


def packages(_house: House) -> Findings:
    """Every package that we need is there, in a release that we know."""
    try:
        wanted = importlib.metadata.requires(_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        yield Finding("warn", "packages", "Reelwright itself is not installed.", "pip install -e .")
        return
    wrong = [fault for line in wanted if (fault := _fault_of(Requirement(line)))]
    told = f"Python {platform.python_version()}, Prefect {importlib.metadata.version('prefect')}"
    if wrong:
        yield Finding("fail", "packages", f"{told}; {'; '.join(wrong)}.", _REINSTALL)
    else:
        yield Finding("ok", "packages", f"{told}, and all others as pinned")


def _fault_of(wanted: Requirement) -> str:
    if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
        return ""
    try:
        found = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return f"{wanted.name} is missing"
    if wanted.specifier.contains(found, prereleases=True):
        return ""
    return f"{wanted.name} is {found}, not {wanted.specifier}"


def ffmpeg_features(_house: House) -> Findings:
    """The ffmpeg that is run, and FFmpeg's libraries in this process, can do what they must."""
    try:
        binary = ffmpeg.binary()
        lacks = [
            f"{name} of {kind}"
            for kind, needs in _FFMPEG_NEEDS.items()
            for name in sorted(needs - _listed(binary, kind))
        ]
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        yield Finding("fail", "ffmpeg", f"It does not run: {error}.", _REINSTALL)
        return
    lacks += [f"{name} in PyAV" for name in sorted(_AV_CODECS - av.codecs_available)]
    lacks += [f"{name} in PyAV" for name in sorted(_AV_FILTERS - av.filter.filters_available)]
    if lacks:
        yield Finding("fail", "ffmpeg", f"{binary} lacks {', '.join(lacks)}.", _REINSTALL)
    else:
        yield Finding("ok", "ffmpeg", f"{Path(binary).name}, PyAV {av.__version__}")


def _listed(binary: str, kind: str) -> frozenset[str]:
    """The names in one of ffmpeg's lists; a line is flags, names by commas, and words."""
    ran = subprocess.run(
        [binary, "-hide_banner", f"-{kind}"],
        capture_output=True,
        text=True,
        timeout=_FFMPEG_S,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    lines = (line.split() for line in ran.stdout.splitlines())
    return frozenset(name for words in lines if len(words) > 1 for name in words[1].split(","))


def encoder(_house: House) -> Findings:
    """The encoder that is wished for is the one that will be used."""
    wish = FlowSettings().encoder
    data_dir = own_layout().data_dir
    found = best_encoder(wish, data_dir / "encoders" if data_dir.exists() else None).codec
    if wish not in ("auto", found):
        remedy = "See docs/encoders.md, or set VIDEO_SERVICE_ENCODER to auto."
        yield Finding("warn", "encoder", f"{wish} does not work here; {found} is used.", remedy)
    else:
        yield Finding("ok", "encoder", f"{found} on {cores()} cores")


def memory(_house: House) -> Findings:
    """What runs at once on a machine of the whole stack, and that the largest video fits."""
    fit = here()
    need = max(render_bytes(size_px, cores() + 1) for size_px in SIZES_PX.values())
    told = (
        f"at once {fit.pipeline_runs} jobs, {fit.render_runs} renders, {fit.gpu_runs} "
        f"transcriptions; {fit.heavy_bytes // 1_000_000:,} MB for the latter two"
    )
    if fit.heavy_bytes < need:
        remedy = "Give it more memory, or fewer processors; renders that do not fit fail."
        told = f"{told}, and a render may come to {need // 1_000_000:,} MB."
        yield Finding("warn", "memory", told, remedy)
    else:
        yield Finding("ok", "memory", told)


def fonts(_house: House) -> Findings:
    """Every font that is shipped is there and can be read."""
    faces = {face.file: face for face in (*FACES.values(), *FALLBACKS)}
    missing = sorted(name for name, face in faces.items() if not _is_font(face.path))
    if missing:
        yield Finding("fail", "fonts", f"{', '.join(missing)} cannot be read.", _REINSTALL)
    else:
        yield Finding("ok", "fonts", f"{len(faces)} shipped fonts")


def _is_font(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) in (b"OTTO", b"\0\1\0\0", b"true")
    except OSError:
        return False


def data_directory(_house: House) -> Findings:
    """The data directory can be written, and its disk has room."""
    data_dir = own_layout().data_dir
    place = next(each for each in (data_dir, *data_dir.parents) if each.exists())
    move = "Set VIDEO_SERVICE_DATA_DIR to a directory that may be written."
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
        free_bytes = shutil.disk_usage(place).free
    except (OSError, ReelsError) as error:
        yield Finding("fail", "data", f"{place} cannot be written: {error}.", move)
        return
    told = f"{data_dir}: {free_bytes / 1e9:,.1f} GB free"
    if free_bytes < LEAST_FREE_BYTES:
        yield Finding("warn", "data", f"{told}.", "Free space before jobs fail for want of it.")
    else:
        yield Finding("ok", "data", told if place == data_dir else f"{told}; made when needed")
