"""Turns a forked copy of the engine into what a fresh `python -m MODULE` would be."""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Request:
    """What the client has handed over. `stdio` are descriptors of this process."""

    cwd: str
    module: str
    arguments: tuple[str, ...]
    environment: dict[bytes, bytes]
    stdio: tuple[int, int, int]


def die_with_parent(parent_pid: int, number: int = signal.SIGKILL) -> None:
    """Have the kernel send `number` when the parent process ends. Linux only."""
    if not sys.platform.startswith("linux"):
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent_pid:
        os.kill(os.getpid(), number)


def become(request: Request, engine_pid: int) -> None:
    """Take over session, signals, stdio, directory and environment, then run the module.

    Ends as the module ends, as a rule by SystemExit.
    """
    os.setsid()
    die_with_parent(engine_pid)
    _reset_signals()
    _take_stdio(request.stdio)
    _take_environment(request.environment)
    os.chdir(request.cwd)
    # `-m` puts the working directory first, and the flow may be imported from there.
    sys.path[0] = request.cwd
    _forget(request.module)
    sys.argv = [request.module, *request.arguments]
    runpy.run_module(request.module, run_name="__main__", alter_sys=True)


def _forget(module: str) -> None:
    """A module that is loaded already would draw a warning from runpy."""
    loaded = sys.modules.get(module)
    if loaded is not None and not hasattr(loaded, "__path__"):
        del sys.modules[module]


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _take_stdio(stdio: tuple[int, int, int]) -> None:
    for target, source in enumerate(stdio):
        os.dup2(source, target)
    for source in stdio:
        os.close(source)


def _take_environment(environment: dict[bytes, bytes]) -> None:
    before = dict(os.environ)
    os.environb.clear()
    os.environb.update(environment)
    known = before.get("PYTHONPATH", "").split(os.pathsep)
    wanted = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[1:1] = [entry for entry in wanted if entry and entry not in known]
    unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(write_through=unbuffered)  # type: ignore[union-attr]
    time.tzset()
    _refresh_prefect(logging_changed=_logging(before) != _logging(os.environ))


def _logging(environment: Mapping[str, str]) -> dict[str, str]:
    names = ("PREFECT_LOGGING_", "PREFECT_HOME", "PREFECT_PROFILE")
    return {name: value for name, value in environment.items() if name.startswith(names)}


def _refresh_prefect(*, logging_changed: bool) -> None:
    """Settings and logging were read when Prefect was imported; read them again.

    Setting up the logging anew costs 50 ms, so it is done only where it may differ.
    """
    from prefect.context import refresh_global_settings_context
    from prefect.logging.configuration import PROCESS_LOGGING_CONFIG, setup_logging

    refresh_global_settings_context()
    if logging_changed:
        PROCESS_LOGGING_CONFIG.clear()
        setup_logging()
    if "numpy" in sys.modules:
        # `random` reseeds itself after a fork, numpy's old global generator does not.
        sys.modules["numpy"].random.seed()
