"""Traces to an OpenTelemetry collector, over OTLP/HTTP. Imported only when one is set.

The provider is our own and never the global one: what libraries would record through that
(Prefect does: names of runs, parameters) is people's words.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from reels.observing.about import about
from reels.observing.mishaps import hashed
from reels.observing.tracing import Kind, Span, Value

_KINDS = {
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "consumer": SpanKind.CONSUMER,
    "internal": SpanKind.INTERNAL,
}
_W3C = TraceContextTextMapPropagator()
#: One attempt to send; a collector that is away may not keep a flow's process from ending.
SEND_S = 2


class OtlpSpan:
    """A `Span` that is recorded."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set(self, name: str, value: Value) -> None:
        self._span.set_attribute(name, value)

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def failed(self, reason: str) -> None:
        self._span.set_attribute("error.type", reason)
        self._span.set_status(Status(StatusCode.ERROR))


class OtlpTracer:
    """A `Tracer` that sends to the collector at `endpoint`, as the process `service`."""

    def __init__(self, endpoint: str, service: str) -> None:
        resource = Resource.create({"service.name": service, "service.namespace": "reelwright"})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=SEND_S)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("reelwright")
        # Threads that work for a job know nothing of the context that it began in.
        self._home = contexts.Context()
        self._stage: tuple[trace.Span, contexts.Context] | None = None

    @contextmanager
    def span(
        self, name: str, kind: Kind, parent: str, attributes: dict[str, Value]
    ) -> Iterator[Span]:
        began = self._tracer.start_span(
            name, self._within(parent), _KINDS[kind], {**_known(), **attributes}
        )
        span = OtlpSpan(began)
        try:
            with self._inside(trace.set_span_in_context(began), kind):
                yield span
        except BaseException as error:
            span.failed(type(error).__name__)
            raise
        finally:
            began.end()

    @contextmanager
    def _inside(self, context: contexts.Context, kind: Kind) -> Iterator[None]:
        """Where spans of the body belong: those of a whole job's, whatever thread they are in."""
        if kind == "consumer":
            before, self._home = self._home, context
            try:
                yield
            finally:
                self._home = before
            return
        token = contexts.attach(context)
        try:
            yield
        finally:
            contexts.detach(token)

    def stage(self, name: str) -> None:
        if self._stage is not None:
            self._stage[0].end()
            self._home = self._stage[1]
            self._stage = None
        if name:
            began = self._tracer.start_span(f"stage {name}", self._home, attributes=_known())
            self._stage = began, self._home
            self._home = trace.set_span_in_context(began)

    def traceparent(self) -> str:
        carrier: dict[str, str] = {}
        _W3C.inject(carrier, self._here())
        return carrier.get("traceparent", "")

    def flush(self, timeout_s: float) -> None:
        self._provider.force_flush(int(timeout_s * 1000))

    def _within(self, parent: str) -> contexts.Context:
        if parent:
            return _W3C.extract({"traceparent": parent}, contexts.Context())
        return self._here()

    def _here(self) -> contexts.Context:
        is_inside = trace.get_current_span().get_span_context().is_valid
        return contexts.get_current() if is_inside else self._home


def _known() -> dict[str, Value]:
    """Users are named by what only this house can tell apart."""
    known = about().fields()
    if "user" in known:
        known["user"] = hashed(known["user"])
    return {f"reelwright.{key}": value for key, value in known.items()}
