"""Log lines, as text or as JSON, with what they are about and without what is secret."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pythonjsonlogger.json import JsonFormatter

from reels.observing.about import about
from reels.observing.scrubbing import scrub

#: As Prefect's own lines, beside which these stand.
TEXT: Final = "%(asctime)s.%(msecs)03d | %(levelname)-7s | %(name)s - %(message)s"
TIME: Final = "%H:%M:%S"
#: What a record may have beside its words: `log.info(..., extra={"route": ...})`.
EXTRAS: Final = ("method", "route", "status", "ms", "worker_name", "work_pool_name")
#: Of a record that has this in its `extra`, nothing comes from outside.
CLEAN: Final = "is_clean"
OURS: Final = ("api", "flows", "blocks", "reels", "deployments")


class TextLine(logging.Formatter):
    """One record as text."""

    def __init__(self) -> None:
        super().__init__(TEXT, TIME)

    def format(self, record: logging.LogRecord) -> str:
        """Terminal sequences are taken out with the secrets."""
        line = super().format(record)
        return line if getattr(record, CLEAN, False) else plain(line)


class JsonLine(JsonFormatter):
    """One record as one JSON object in one line.

    `time` is UTC, `message` the words, `error` a traceback; `job`, `stage`, `user` and
    `request` are there when they are known, then those of `EXTRAS` that the record has.
    """

    def __init__(self) -> None:
        super().__init__(json_ensure_ascii=False)

    def add_fields(
        self,
        log_data: dict[str, Any],
        record: logging.LogRecord,
        message_dict: dict[str, Any],
    ) -> None:
        """In place of whatever else the record holds, which may be anything."""
        at = datetime.fromtimestamp(record.created, UTC)
        log_data["time"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        message = record.getMessage()
        log_data["message"] = message if getattr(record, CLEAN, False) else plain(message)
        log_data.update(about().fields())
        log_data.update({name: getattr(record, name) for name in EXTRAS if hasattr(record, name)})
        if error := message_dict.get("exc_info"):
            log_data["error"] = plain(str(error))


def plain(text: str) -> str:
    """Without secrets, and without what a terminal would obey."""
    kept = scrub(text)
    return kept if kept.isprintable() else "".join(map(_visible, kept))


def _visible(character: str) -> str:
    if character.isprintable() or character in "\n\t":
        return character
    return f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"


def start_logging(form: Literal["text", "json"], level: str) -> None:
    """Have this process log to stderr in this form, and nothing of what was set up before.

    `level` is for our own loggers; others tell of warnings.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine() if form == "json" else TextLine())
    root = logging.getLogger()
    for before in list(root.handlers):
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "fastapi"):
        theirs = logging.getLogger(name)
        theirs.handlers.clear()
        theirs.propagate = True
