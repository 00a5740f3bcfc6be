"""Log lines of flows and workers; Prefect's logging makes these formatters (logging.yml).

Prefect sets up its logging while it is being imported, so that this imports little of it.
"""

from __future__ import annotations

import logging
import sys

from prefect.logging.formatters import PrefectFormatter

from reels.observing.about import About, about, answering
from reels.observing.lines import JsonLine, plain


class RunText(PrefectFormatter):
    """As Prefect writes lines, without secrets and without people's words."""

    def format(self, record: logging.LogRecord) -> str:
        with answering(_about(record)):
            return plain(super().format(record))


class RunWords(logging.Formatter):
    """The words alone, as Prefect's UI shows them beside the rest."""

    def format(self, record: logging.LogRecord) -> str:
        with answering(_about(record)):
            return plain(super().format(record))


class RunJson(JsonLine):
    """One JSON object a line, with the job, its stage, its user and its request."""

    def format(self, record: logging.LogRecord) -> str:
        with answering(_about(record)):
            return super().format(record)


def _about(record: logging.LogRecord) -> About:
    """Of the run whose process this is; of a worker's line, the run that it names."""
    # Not imported here, where locks are held: the flows have imported it before they run.
    learn = getattr(sys.modules.get("flows.observing"), "known_now", about)
    known: About = learn()
    job = getattr(record, "flow_run_id", None)
    if known.job or not job:
        return known
    # A run is named by what somebody has asked for.
    name = getattr(record, "flow_run_name", None) or ""
    return About(job=str(job), withheld={str(name): str(job)} if len(str(name)) > 3 else {})
