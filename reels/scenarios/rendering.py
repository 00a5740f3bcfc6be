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

#: Measured: 0.12 CPU seconds for ten tasks, 0.25 for 1,000 and 0.38 for 2,000; 82 MB.
LIMITS = Limits(memory_bytes=256 << 20, cpu_s=2, file_bytes=0)
#: Whoever posts waits; a busy machine has this long for the seconds above.
TIME_S = 4.5
#: A template that was given less has not been tried.
_FAIR_S = 0.5
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
        Unavailable: no process could be started, or the machine is too busy for it.
    """
    asked = {
        "template": template,
        "variables": {**given, **chosen},
        "chosen": list(chosen),
        "seed": seed,
        "now": now.isoformat(),
    }
    answer = _answer(json.dumps(asked).encode())
    if "faults" in answer:
        raise InvalidTemplate([Fault.model_validate(fault) for fault in answer["faults"]])
    warnings = tuple(Fault.model_validate(each) for each in answer["warnings"])
    return Tree(answer["tree"], answer["variables"], warnings)


def _answer(asked: bytes) -> dict[str, Any]:
    command = tether.tied([sys.executable, "-I", str(_CHILD)], LIMITS)
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"},
        )
    except OSError as error:
        raise Unavailable(f"The template could not be rendered: {error}") from error
    with child:
        try:
            told, _ = child.communicate(asked, TIME_S)
        except subprocess.TimeoutExpired:
            tether.kill(child)
            if tether.cpu_s(child) < _FAIR_S:
                raise Unavailable("The machine is too busy to render the template.") from None
            return _too_much()
    if child.returncode != 0:
        return _too_much()
    answer: dict[str, Any] = json.loads(told)
    return answer


def _too_much() -> dict[str, Any]:
    told = f"The template takes more than {LIMITS.cpu_s} s or too much memory to render."
    return {"faults": [{"line": 0, "message": told}]}
