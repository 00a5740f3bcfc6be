"""The command line. Errors are one line on standard error, never a traceback.

Exit codes: 0 done, 1 failed, 2 what was given is wrong, 130 interrupted, 143 terminated,
129 its terminal was closed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from reels.cli import commands
from reels.cli.parser import Asked, parse
from reels.errors import InvalidInput, ReelsError

OK, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130

_COMMANDS: dict[str, Callable[[Asked], None]] = {
    "render": commands.render,
    "check": commands.check,
    "schema": commands.schema,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    asked = parse(arguments)
    try:
        _COMMANDS[asked.command](asked)
        sys.stdout.flush()
    except InvalidInput as error:
        return _told(f"{error.field}: {error}", WRONG)
    except ReelsError as error:
        return _told(str(error), FAILED)
    except KeyboardInterrupt:
        return _told("Interrupted. What is done is kept in the cache.", INTERRUPTED)
    except BrokenPipeError:
        # Whoever reads our output has enough of it.
        return FAILED
    except Exception as error:
        if asked.traceback:
            raise
        what = f"{type(error).__name__}: {error}"
        return _told(f"A fault in Reelwright: {what} (--traceback shows where.)", FAILED)
    return OK


def _told(message: str, code: int) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return code
