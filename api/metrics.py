"""What this process counts for Prometheus. `GET /metrics` shows it.

Whoever does the work counts it here: `CACHE_READS.labels("hit").inc()`. Names follow the
rules of Prometheus (base units, `_total` on counters). A label's values are few and known
beforehand: never an id, a user, a path as it was sent or a word of anybody's.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

#: From a tenth of the promised 15 ms of a cached read to the longest wait of a long poll.
_REQUEST_S: Final = (0.0025, 0.005, 0.01, 0.015, 0.025, 0.06, 0.15, 0.3, 1, 2.5, 10, 60)
#: From a stage without work of its own to a review that is left for seven days.
_STAGE_S: Final = (1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600, 21_600, 86_400, 604_800)
_TASK_S: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_SPEED: Final = (0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 20)

REQUESTS: Final = Counter(
    "reelwright_http_requests",
    "Requests that were answered. status: 2xx, ..., or none when the caller left first.",
    ("method", "route", "status"),
    registry=REGISTRY,
)
REQUEST_SECONDS: Final = Histogram(
    "reelwright_http_request_duration_seconds",
    "From a request's arrival to its answer's last byte; of streams to their first.",
    ("method", "route", "status"),
    buckets=_REQUEST_S,
    registry=REGISTRY,
)
IN_FLIGHT: Final = Gauge(
    "reelwright_http_requests_in_flight",
    "Requests that are being answered now, streams among them.",
    registry=REGISTRY,
)
REFUSALS: Final = Counter(
    "reelwright_limit_refusals",
    "Requests that a limit has refused. kind: rate, queue, quota, listeners, body.",
    ("kind",),
    registry=REGISTRY,
)
CACHE_READS: Final = Counter(
    "reelwright_cache_reads",
    "Reads of jobs' states from the read cache. result: hit, miss.",
    ("result",),
    registry=REGISTRY,
)
LISTENERS: Final = Gauge(
    "reelwright_listeners", "Connections that follow jobs now.", registry=REGISTRY
)
EVENTS_CONNECTED: Final = Gauge(
    "reelwright_events_connected",
    "1 while Prefect's stream of events is open. subscriber: live, work.",
    ("subscriber",),
    registry=REGISTRY,
)
JOBS_CREATED: Final = Counter(
    "reelwright_jobs_created",
    "Jobs that this process has made; repeated requests make none. "
    "flow: video, slideshow, film, scenario.",
    ("flow",),
    registry=REGISTRY,
)
REVIEWS_ANSWERED: Final = Counter(
    "reelwright_reviews_answered",
    "Reviews that were answered over REST. gate: draft, subtitles. action: approve, ...",
    ("gate", "action"),
    registry=REGISTRY,
)
PREFECT_SECONDS: Final = Histogram(
    "reelwright_prefect_request_duration_seconds",
    "Requests to Prefect's server. operation: its path without ids.",
    ("operation",),
    buckets=_REQUEST_S,
    registry=REGISTRY,
)
PREFECT_FAILURES: Final = Counter(
    "reelwright_prefect_request_failures",
    "Requests to Prefect that failed, those that were tried again too. "
    "reason: unreachable, lost, busy, failed.",
    ("reason",),
    registry=REGISTRY,
)

JOBS: Final = Gauge(
    "reelwright_jobs",
    "Jobs that have not ended, by status. Every process tells of all jobs: take the maximum.",
    ("status",),
    registry=REGISTRY,
)
QUEUED_RUNS: Final = Gauge(
    "reelwright_queued_runs",
    "Runs that are due and wait for a worker, by work pool. Of all processes: take the maximum.",
    ("work_pool",),
    registry=REGISTRY,
)
WORK_READ_AT: Final = Gauge(
    "reelwright_work_read_timestamp_seconds",
    "When jobs and queues were last read from Prefect.",
    registry=REGISTRY,
)

JOBS_ENDED: Final = Counter(
    "reelwright_jobs_ended",
    "Jobs that have ended. A job that is retried ends again. status: ready, failed, cancelled.",
    ("flow", "status"),
    registry=REGISTRY,
)
RECOVERIES: Final = Counter(
    "reelwright_recoveries",
    "Times that a job was begun again because its process had ended, told when the job ends.",
    ("flow",),
    registry=REGISTRY,
)
STAGE_SECONDS: Final = Histogram(
    "reelwright_stage_duration_seconds",
    "How long each stage of a job took, told when the job ends. Reviews wait for people.",
    ("stage",),
    buckets=_STAGE_S,
    registry=REGISTRY,
)
TASK_RUNS: Final = Counter(
    "reelwright_task_runs",
    "Tasks of jobs that have ended. result: made, cached (found made before), failed.",
    ("task", "result"),
    registry=REGISTRY,
)
TASK_SECONDS: Final = Histogram(
    "reelwright_task_duration_seconds",
    "How long tasks ran that were not found made before.",
    ("task",),
    buckets=_TASK_S,
    registry=REGISTRY,
)
PROVIDER_CALLS: Final = Counter(
    "reelwright_provider_calls",
    "Calls to paid services. outcome: succeeded, failed.",
    ("service", "operation", "outcome"),
    registry=REGISTRY,
)
PROVIDER_COST: Final = Counter(
    "reelwright_provider_cost_dollars",
    "What calls to paid services cost, in US dollars.",
    ("service", "operation"),
    registry=REGISTRY,
)
SEGMENTS: Final = Counter(
    "reelwright_segments",
    "Segments of finished videos. result: encoded, reused.",
    ("result",),
    registry=REGISTRY,
)
VIDEO_SECONDS: Final = Counter(
    "reelwright_video_seconds", "Length of all finished videos together.", registry=REGISTRY
)
RENDER_SPEED: Final = Histogram(
    "reelwright_render_speed_ratio",
    "Seconds of video made in a second of its render, where nothing was found made before.",
    buckets=_SPEED,
    registry=REGISTRY,
)
DEGRADED: Final = Counter(
    "reelwright_jobs_degraded",
    "Videos that are finished, but not all as it was asked for.",
    ("flow",),
    registry=REGISTRY,
)
