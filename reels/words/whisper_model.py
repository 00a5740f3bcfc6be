"""Whisper's model: loaded once per process, safe to fork beside, used by one thread at a time.

A warm engine loads the weights and forks. So that its children can compute at all, nothing
here starts a native thread before the fork: the weights are loaded by one thread (GNU OpenMP
hangs in a child whose parent has used several), the dynamic programming is compiled without
threads, and CUDA, which no child can use once its parent has, is first asked for by the child.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from reels.errors import BadOutput, ProviderError
from reels.machine import cores
from reels.words.whisper_checkpoint import (
    PROVIDER,
    Checkpoint,
    bad_checkpoint,
    find,
    identity,
    is_here,
    package,
)

#: What Whisper's own audio front end makes: frames of 10 ms, two of them to a position.
AUDIO_POSITIONS, BANDS = 1500, (80, 128)
#: Official models by their decoder: layers, heads, and size of the vocabulary.
_BY_DIMENSIONS = {
    (4, 6, 51864): "tiny.en",
    (4, 6, 51865): "tiny",
    (6, 8, 51864): "base.en",
    (6, 8, 51865): "base",
    (12, 12, 51864): "small.en",
    (12, 12, 51865): "small",
    (24, 16, 51864): "medium.en",
    (24, 16, 51865): "medium",
    (32, 20, 51865): "large-v2",
    (32, 20, 51866): "large-v3",
    (4, 20, 51866): "large-v3-turbo",
}


@dataclass
class _Held:
    """What this process holds; `is_placed` once the model lies where it computes."""

    key: tuple[str, str] = ("", "")
    model: Any = None
    is_placed: bool = False


_held = _Held()
_lock = threading.Lock()


def _after_fork() -> None:
    """The child has its own threads and device to set up; a model on a GPU is out of reach."""
    global _lock
    _lock = threading.Lock()
    if _held.model is not None and _held.model.device.type != "cpu":
        _held.model = None
    _held.is_placed = False


os.register_at_fork(after_in_child=_after_fork)


@contextlib.contextmanager
def in_use(model: str) -> Iterator[Any]:
    """The model, for this thread alone.

    Raises:
        ProviderError: the extra is missing, or the model cannot be had or loaded.
        BadOutput: the model fails on what it is given.
    """
    with _lock:
        loaded = _loaded(model)
        try:
            yield loaded
        except MemoryError as error:
            raise _out_of_memory() from error
        except (ArithmeticError, AssertionError, LookupError, RuntimeError, ValueError) as error:
            raise _failure(error) from error


def preload(model: str) -> None:
    """Load what a process shares with its forks: packages, compiled code, and the weights.

    A model that would have to be fetched is left to the first use.
    """
    with _lock:
        package()
        _make_forkable()
        if is_here(model):
            _hold(model)


def _loaded(model: str) -> Any:
    package()
    if _held.model is None or _held.key != (model, identity(model)):
        _hold(model)
    if not _held.is_placed:
        _place()
    return _held.model


def _hold(model: str) -> None:
    _make_forkable()
    _held.model, _held.is_placed = None, False
    _held.model = load(find(model))
    _held.key = (model, identity(model))


def load(checkpoint: Checkpoint) -> Any:
    """The model on the CPU, with the heads that tell the times of words.

    Raises:
        ProviderError: the file is not a checkpoint, or none of a kind that can be used.
    """
    whisper = package()
    try:
        loaded = whisper.load_model(str(checkpoint.path), device="cpu")
    except MemoryError as error:
        raise _out_of_memory() from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise bad_checkpoint(str(checkpoint.path), reason) from error
    dims = loaded.dims
    if dims.n_audio_ctx != AUDIO_POSITIONS or dims.n_mels not in BANDS:
        sizes = f"{dims.n_audio_ctx} positions of {dims.n_mels} bands"
        raise bad_checkpoint(str(checkpoint.path), f"it hears {sizes}, unlike Whisper.")
    name = checkpoint.official or _BY_DIMENSIONS.get(
        (dims.n_text_layer, dims.n_text_head, dims.n_vocab)
    )
    if name:
        loaded.set_alignment_heads(whisper._ALIGNMENT_HEADS[name])
    return loaded.eval()


def _make_forkable() -> None:
    """One thread until the model is placed, and code compiled without threads of its own.

    Whisper compiles its search with numba's `parallel`, for filling one array. That starts
    threads, and some of numba's thread pools end a process that is entered by two threads.
    """
    import numba
    import torch
    from whisper import timing

    torch.set_num_threads(1)
    if timing.dtw_cpu.targetoptions.get("parallel"):
        timing.dtw_cpu = numba.njit(timing.dtw_cpu.py_func)
        timing.dtw_cpu(np.zeros((2, 2)))


def _place() -> None:
    """Settle where and with how many threads this process computes."""
    import torch

    torch.set_num_threads(cores())
    if torch.cuda.is_available():
        try:
            _held.model = _held.model.to("cuda")
        except RuntimeError as error:
            _held.model = None
            raise _failure(error) from error
    _held.is_placed = True


def _failure(error: Exception) -> ProviderError:
    """PyTorch tells its errors apart by their text alone."""
    reason = f"{type(error).__name__}: {error}".partition("\n")[0]
    if "out of memory" in reason:
        return _out_of_memory()
    if "CUDA" in reason:
        return ProviderError(PROVIDER, f"The GPU cannot be used: {reason:.200}")
    return BadOutput(PROVIDER, f"Whisper's model fails on this sound: {reason:.200}")


def _out_of_memory() -> ProviderError:
    return ProviderError(
        PROVIDER,
        "There is not enough memory for Whisper's model.",
        remedy="Set VIDEO_SERVICE_WHISPER_LOCAL_MODEL to a smaller model, as base or tiny.",
    )
