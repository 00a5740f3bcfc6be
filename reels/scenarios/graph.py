"""From drafts of tasks to a graph that can run: who waits for whom, and what is in the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from graphlib import CycleError, TopologicalSorter

from reels.scenarios.models import Fault, ScenarioTask
from reels.scenarios.reading import Draft, Named

#: Of more than this nobody reads.
MAX_FAULTS = 50


class Graph:
    """The edges between drafts, and what is wrong or odd about them."""

    def __init__(self, drafts: Sequence[Draft], services: Collection[str]) -> None:
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self._drafts = drafts
        self._by_id: dict[str, Draft] = {}
        #: From each task to those that wait for it, each once, in the order they are named.
        self._consumers: dict[str, dict[str, None]] = defaultdict(dict)
        self._waits_for: dict[str, dict[str, None]] = defaultdict(dict)
        self._check_names(services)
        self._connect()
        self._check_cycles()
        self._check_counters()

    def tasks(self) -> tuple[ScenarioTask, ...]:
        """The graph's tasks, in the template's order; only where there are no faults."""
        return tuple(self._task(draft) for draft in self._drafts)

    def _task(self, draft: Draft) -> ScenarioTask:
        more = {} if draft.lease_s is None else {"lease_s": draft.lease_s}
        return ScenarioTask(
            id=draft.id,
            service=draft.service,
            name=draft.name,
            queue=len(self._waits_for[draft.id]),
            declared_queue=draft.declared_queue,
            consumers=tuple(self._consumers[draft.id]),
            waits_for=tuple(self._waits_for[draft.id]),
            optional=draft.optional,
            worker=draft.worker,
            prompt=draft.prompt,
            params=draft.params,
            references={
                name: tuple(each.id for each in named) if name in draft.listed else named[0].id
                for name, named in draft.references.items()
                if named or name in draft.listed
            },
            **more,
        )

    def _check_names(self, services: Collection[str]) -> None:
        for draft in self._drafts:
            first = self._by_id.setdefault(draft.id, draft)
            if first is not draft:
                self._wrong(draft.line, f"The task of line {first.line} has the same id.")
            if draft.service and draft.service not in services:
                known = ", ".join(sorted(services))
                self._wrong(
                    draft.service_line,
                    f"There is no service {draft.service[:80]!r}; there are {known}.",
                )

    def _connect(self) -> None:
        for draft in self._drafts:
            for named in self._known(draft.consumers, "consumer"):
                self._add(draft.id, named.id)
        for draft in self._drafts:
            for field, references in draft.references.items():
                for named in self._known(references, f"task at {field!r}"):
                    self._refer(draft, field, named)

    def _refer(self, draft: Draft, field: str, named: Named) -> None:
        """A result that is used has to be there: the reference is an edge, too."""
        if draft.id not in self._consumers[named.id]:
            self._odd(
                named.line,
                f"{field!r} names a task that does not name this one among its consumers; "
                "it is waited for all the same.",
            )
            self._add(named.id, draft.id)

    def _known(self, names: Iterable[Named], what: str) -> Iterable[Named]:
        for named in names:
            if named.id in self._by_id:
                yield named
            else:
                self._wrong(named.line, f"There is no {what} {named.id[:80]!r} in the template.")

    def _add(self, task: str, consumer: str) -> None:
        self._consumers[task][consumer] = None
        self._waits_for[consumer][task] = None

    def _check_cycles(self) -> None:
        try:
            TopologicalSorter(self._waits_for).prepare()
        except CycleError as error:
            cycle = [self._by_id[each] for each in error.args[1][:-1]]
            first = min(range(len(cycle)), key=lambda number: cycle[number].line)
            cycle = [*cycle[first:], *cycle[:first], cycle[first]]
            way = " → ".join(f"{draft.name} (line {draft.line})" for draft in cycle[:12])
            self._wrong(cycle[0].line, f"These tasks wait for each other: {way}.")

    def _check_counters(self) -> None:
        for draft in self._drafts:
            counted = len(self._waits_for[draft.id])
            if draft.declared_queue is not None and draft.declared_queue != counted:
                self._odd(
                    draft.line,
                    f"{draft.name} says queue: {draft.declared_queue}, and waits for {counted}.",
                )

    def _wrong(self, line: int, message: str) -> None:
        self.faults.append(Fault(line=line, message=message))

    def _odd(self, line: int, message: str) -> None:
        self.warnings.append(Fault(line=line, message=message))
