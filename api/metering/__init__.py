"""What the jobs' work comes to, for Prometheus: flows' processes are too short-lived to ask.

Prefect and the store know it all: a job's state history has its stages, its task runs say
what was found made before, its manifest and its charges what it cost. `meter` looks at each
job when it has ended, of several API processes that share a memory only one does.
"""

from api.metering.meter import WorkMeter

__all__ = ["WorkMeter"]
