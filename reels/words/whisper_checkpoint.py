"""Which checkpoint Whisper loads: the file that a setting names, fetched where it is a name."""

from __future__ import annotations

import hashlib
import http.client
import importlib
import os
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from reels.errors import ProviderError

PROVIDER = "whisper"
SETTING = "VIDEO_SERVICE_WHISPER_LOCAL_MODEL"
INSTALL = (
    "Install it with `pip install -c constraints.txt -e '.[whisper]'` (on a machine without a "
    "GPU the CPU build of torch first), or set VIDEO_SERVICE_WORDS_PROVIDER to another aligner."
)
#: A fetch that stands still for so long, or is not done after so long, is given up.
STALL_S, FETCH_S = 30.0, 1800.0
#: One that failed is not tried again so soon: every line of a job would wait for it.
_REMEMBERED_S = 60.0
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Checkpoint:
    """A file of weights. `official` is the name of the model that it is, empty for others."""

    path: Path
    official: str = ""


def package() -> Any:
    """The module `whisper` of openai-whisper. The first import takes 4 to 7 seconds.

    Raises:
        ProviderError: the extra `whisper` is not installed; says how to install it.
    """
    try:
        found = importlib.import_module("whisper")
    except ImportError as error:
        raise _missing() from error
    except Exception as error:
        raise ProviderError(
            PROVIDER, f"Whisper's packages cannot be imported: {error!r:.200}.", remedy=INSTALL
        ) from error
    if not hasattr(found, "load_model"):
        raise _missing()
    return found


def package_version() -> str:
    """The release of openai-whisper, without importing it.

    Raises:
        ProviderError: the extra `whisper` is not installed; says how to install it.
    """
    try:
        return metadata.version("openai-whisper")
    except metadata.PackageNotFoundError as error:
        raise _missing() from error


def identity(model: str) -> str:
    """What tells one model from another: a file's hash, or the name of an official model.

    Raises:
        ProviderError: `model` is a path at which no file can be read.
    """
    path = Path(model)
    if not (path.is_file() or _is_path(model)):
        return model
    try:
        seen = path.stat()
        return _sha256(path, seen.st_size, seen.st_mtime_ns)[:16]
    except OSError as error:
        raise _unreadable(model, error.strerror or str(error)) from error


def is_here(model: str) -> bool:
    """Whether the checkpoint is on this machine already, so that loading it fetches nothing."""
    address: str | None = package()._MODELS.get(model)
    return (_kept_at(address) if address else Path(model)).is_file()


def find(model: str) -> Checkpoint:
    """The checkpoint that `model` names: an official model's name, or a path.

    An official model is looked for where Whisper keeps its own, and fetched when it is not
    there.

    Raises:
        ProviderError: there is no such model or file, or it cannot be fetched.
    """
    addresses: dict[str, str] = package()._MODELS
    if model in addresses:
        at = _kept_at(addresses[model])
        if not at.is_file():
            _fetch(model, addresses[model], at)
        return Checkpoint(at, model)
    if not Path(model).is_file():
        known = "" if _is_path(model) else f" Names that there are: {', '.join(addresses)}."
        raise _unreadable(model, f"there is no such file.{known}")
    sha256 = _sha256_of(Path(model), model)
    names = (name for name, address in addresses.items() if sha256 in address)
    return Checkpoint(Path(model), next(names, ""))


def bad_checkpoint(model: str, reason: str) -> ProviderError:
    """The error for a file that is there and is no checkpoint of Whisper's."""
    return ProviderError(
        PROVIDER,
        f"The file {Path(model).name!r} is not a checkpoint that Whisper can use: {reason:.200}",
        remedy=f"Set {SETTING} to the name of a model, or to the path of a whole checkpoint.",
    )


def _missing() -> ProviderError:
    return ProviderError(PROVIDER, "The package openai-whisper is not installed.", remedy=INSTALL)


def _unreadable(model: str, reason: str) -> ProviderError:
    return ProviderError(
        PROVIDER,
        f"Whisper's model {Path(model).name!r} cannot be read: {reason}",
        remedy=f"Set {SETTING} to the name of a model, or to the path of a checkpoint.",
    )


def _is_path(model: str) -> bool:
    return os.sep in model or model.endswith((".pt", ".pth", ".bin"))


def _kept_at(address: str) -> Path:
    """Where Whisper itself keeps what it has fetched."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "whisper" / address.rpartition("/")[2]


def _sha256_of(path: Path, model: str) -> str:
    try:
        seen = path.stat()
        return _sha256(path, seen.st_size, seen.st_mtime_ns)
    except OSError as error:
        raise _unreadable(model, error.strerror or str(error)) from error


@lru_cache(maxsize=16)
def _sha256(path: Path, size_bytes: int, changed_ns: int) -> str:
    """Read once for as long as size and time stay: a large checkpoint has 3 GB."""
    del size_bytes, changed_ns
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


#: Addresses that failed, with the moment and the reason.
_failed: dict[str, tuple[float, ProviderError]] = {}


def _fetch(model: str, address: str, to: Path) -> None:
    """Bring an official checkpoint. The file appears whole, and only if its hash is right."""
    wanted = address.split("/")[-2]
    failed_at, failure = _failed.get(address, (0.0, None))
    if failure and time.monotonic() < failed_at + _REMEMBERED_S:
        raise failure
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=to.parent, suffix=".part") as part:
            if _download(address, part) != wanted:
                raise OSError("what came is not what was asked for (its hash differs)")
            Path(part.name).chmod(0o644)
            os.link(part.name, to)
    except FileExistsError:
        return
    except (OSError, http.client.HTTPException, ValueError) as error:
        failure = ProviderError(
            PROVIDER,
            f"Whisper's model {model!r} is not on this machine and cannot be fetched: "
            f"{error!s:.200}.",
            remedy=f"Fetch it elsewhere and set {SETTING} to the file's path.",
        )
        _failed[address] = (time.monotonic(), failure)
        raise failure from error


def _download(address: str, part: Any) -> str:
    """Returns the hash of what came."""
    digest = hashlib.sha256()
    deadline = time.monotonic() + FETCH_S
    with urllib.request.urlopen(address, timeout=STALL_S) as source:
        while chunk := source.read(_CHUNK_BYTES):
            part.write(chunk)
            digest.update(chunk)
            if time.monotonic() > deadline:
                raise OSError(f"it was not done after {FETCH_S:.0f} s")
    part.flush()
    return digest.hexdigest()
