"""Templates of strangers are rendered in a process that may use little and can be killed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import JsonValue

from reels import tether
from reels.errors import InvalidTemplate, Unavailable
from reels.limits import Limits
from reels.scenarios.models import Fault

#: Measured: 0.25 CPU seconds and 40 MB for the shipped template, 1.2 s and 150 MB for 1,000
#: tasks.
LIMITS = Limits(memory_bytes=384 << 20, cpu_s=4, file_bytes=0)
#: Whoever posts waits; a busy machine has this long for the seconds above.
TIME_S = 4.5
_CHILD = Path(__file__).with_name("rendering_child.py")


class Tree(NamedTuple):
    """The parsed template; see `rendering_child` for a node's form."""

    root: list[Any]
    variables: dict[str, JsonValue]
    warnings: tuple[Fault, ...]


def rendered(
    template: str,
    given: Mapping[str, JsonValue],
    chosen: Mapping[str, JsonValue],
    seed: str,
    now: datetime,
) -> Tree:
    """The template with its variables put in. `given` may go unused; `chosen` are declared.

    Raises:
        InvalidTemplate: with the line.
        Unavailable: no process could be started.
    """
    asked = {
        "template": template,
        "variables": {**given, **chosen},
        "chosen": list(chosen),
        "seed": seed,
        "now": now.isoformat(),
    }
    command = tether.tied([sys.executable, "-I", str(_CHILD)], LIMITS)
    try:
        done = subprocess.run(
            command,
            input=json.dumps(asked).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIME_S,
            cwd="/",
            env={"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"},
        )
        answer = json.loads(done.stdout) if done.returncode == 0 else _too_much()
    except subprocess.TimeoutExpired:
        answer = _too_much()
    except (OSError, ValueError) as error:
        raise Unavailable(f"The template could not be rendered: {error}") from error
    if "faults" in answer:
        raise InvalidTemplate([Fault.model_validate(fault) for fault in answer["faults"]])
    warnings = tuple(Fault.model_validate(each) for each in answer["warnings"])
    return Tree(answer["tree"], answer["variables"], warnings)


def _too_much() -> dict[str, Any]:
    told = f"The template takes more than {LIMITS.cpu_s} s or too much memory to render."
    return {"faults": [{"line": 0, "message": told}]}
