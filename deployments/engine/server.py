"""The warm engine itself: imports once, forks per flow run, starts no thread.

Run as `python -m deployments.engine.server SOCKET --preload flows.make_video`. A preload may
name a function as `module:function`, which is called without arguments (to load a model).
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from deployments.engine.child import become
from deployments.engine.loop import Engine
from deployments.engine.sockets import listen

#: What a flow run imports before its first line, beside the flow itself.
PREFECT_MODULES = (
    "prefect.engine",
    "prefect.flow_engine",
    "prefect.task_engine",
    "prefect.client.orchestration",
    "prefect.events.clients",
    "prefect.logging.handlers",
    "prefect.runner.storage",
    "prefect.deployments.flow_runs",
    "anyio._backends._asyncio",
    "anyio.streams.tls",
    "encodings.idna",
    "pydantic.v1",
    "rich._emoji_codes",
)


def preload(names: Sequence[str]) -> None:
    """Import modules and call the functions named. One that fails is said and left out.

    A flow that cannot be imported fails in its own run, where its error can be seen; the
    engine still serves the others.
    """
    for name in (*PREFECT_MODULES, *names):
        module_name, _, function = name.partition(":")
        try:
            module = importlib.import_module(module_name)
            if function:
                getattr(module, function)()
        except Exception as error:
            print(f"engine: cannot preload {name}: {error!r}", file=sys.stderr, flush=True)


def check_single_threaded() -> None:
    """Refuse to fork beside threads: a lock that one of them holds stays locked in the child.

    Raises:
        SystemExit: naming the threads.
    """
    if threading.active_count() > 1:
        names = ", ".join(sorted(thread.name for thread in threading.enumerate()))
        raise SystemExit(
            f"engine: a preloaded module has started a thread ({names}). Start it in the flow."
        )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("socket", type=Path, help="path of the Unix socket to listen on")
    parser.add_argument("--preload", nargs="*", default=[], metavar="MODULE[:FUNCTION]")
    arguments = parser.parse_args(argv)

    preload(arguments.preload)
    check_single_threaded()
    gc.collect()
    # Frozen objects are never visited by the collector, so their pages stay shared.
    gc.freeze()
    engine_pid = os.getpid()
    request = Engine(listen(arguments.socket), arguments.socket).serve()
    if request is not None:
        become(request, engine_pid)


if __name__ == "__main__":
    main()
