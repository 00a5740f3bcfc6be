"""What goes along with a run through Prefect, so that its process knows for whom it works."""

from __future__ import annotations

from typing import Final

#: Labels of a job's run, which the API gives it.
REQUEST_LABEL: Final = "reelwright.request"
TRACE_LABEL: Final = "reelwright.traceparent"
#: The label by which a run's process tells that it lives: its own name, a dot, a number.
BEAT_LABEL: Final = "reelwright.beat"

#: The tag of all runs of jobs, whoever made them.
OURS: Final = "reelwright"

#: What tags of runs begin with. A job's own run has `user:`, its children `job:` and the rest.
USER: Final = "user:"
JOB: Final = "job:"
OWNER: Final = "owner:"
STAGE: Final = "stage:"
REQUEST: Final = "request:"
TRACE: Final = "trace:"
