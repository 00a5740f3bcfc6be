"""Tasks that run once for the same inputs, on Prefect's own caching.

    @cached_task(kind="speech", version="1", retries=3)
    def speak(line: str, language: str, job_id: str = "") -> SpeechRef:
        ...
        audio = load_store().put(artifact_key(".wav"), path)
        return SpeechRef(audio=audio, ...)

What comes out is a plain Prefect task: call it, `.submit()` it, `.map()` it. A run that
finds its result made before ends as `Cached`. Of several at once on one machine, one
works and the others wait for its result; when it dies, the next takes over.

The result is a small typed reference. Prefect keeps it where it keeps all results, and
the record that says so lies in the artifact store. The record counts only while the
result can be read as its type and every artifact it names is in the store; otherwise the
task runs again, inside the same lock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast, get_type_hints

import anyio.to_thread
from prefect import Task, task
from prefect.cache_policies import CachePolicy
from prefect.context import TaskRunContext
from prefect.filesystems import WritableFileSystem
from prefect.results import ResultRecordMetadata, get_result_store  # type: ignore[attr-defined]
from prefect.transactions import BaseTransaction, IsolationLevel, get_transaction
from pydantic import BaseModel

from blocks.registry import load_store
from flows.house_locks import HouseLocks
from flows.locks import FlockLockManager
from flows.patience import patiently
from reels.artifacts import content_key
from reels.errors import ArtifactMissing, ReelsError, Unavailable
from reels.models import ArtifactRef
from reels.settings import StoreSettings

P = ParamSpec("P")
R = TypeVar("R")

#: Parameters that say for whom a task works, not what it makes.
BOOKKEEPING = frozenset({"job", "job_id", "user", "user_id", "store", "payer", "task_id"})


def cached_task(
    *, kind: str, version: str, ignore: Collection[str] = (), **options: Any
) -> Callable[[Callable[P, R]], Task[P, R]]:
    """A Prefect task whose results are shared by all runs with the same inputs.

    `kind` and `version` are part of the key, so that bumping `version` when the task makes
    something else leaves old results behind. Parameters in `ignore` or `BOOKKEEPING` are
    not. `options` are those of `prefect.task`: retries, tags, name, timeout_seconds, ...
    """
    policy = ContentPolicy(kind, version, BOOKKEEPING.union(ignore))

    def wrap(function: Callable[P, R]) -> Task[P, R]:
        made = task(
            cache_policy=policy,
            persist_result=True,
            result_serializer="json",
            # A copy in memory would outlive a record that another process has renewed.
            cache_result_in_memory=False,
            **options,
        )
        return cast(Task[P, R], made(function))

    return wrap


def artifact_key(suffix: str) -> str:
    """Where the cached task that is running puts its artifact: `cache/{kind}/{sha256}{suffix}`.

    Raises:
        ReelsError: no cached task is running, or its inputs cannot be part of a key.
        Unavailable: this process was stopped for so long that another may do the same work.
    """
    running = get_transaction()
    if running is None or not running.key or not running.key.startswith("cache/"):
        raise ReelsError(
            "There is no content key here.",
            remedy="Call artifact_key inside a cached task whose inputs are models or plain data.",
        )
    _check_lock(running, running.key)
    return f"{running.key}{suffix}"


def _check_lock(running: BaseTransaction, key: str) -> None:
    """What another makes in place of a holder that has lost its lock is not written over."""
    if running.isolation_level != IsolationLevel.SERIALIZABLE or running.store is None:
        return
    if not running.store.is_lock_holder(key, running._holder):
        raise Unavailable(
            f"The lock of {key} was lost, and another may be doing the same work.",
            remedy="Retry the job; what was done is kept.",
        )


def is_recorded(cached: Task[..., Any], **inputs: Any) -> bool:
    """Whether a record of this cached task with these inputs is in the store.

    `inputs` are those that count. What the record names may be gone; the task finds out.
    """
    policy = cached.cache_policy
    assert isinstance(policy, ContentPolicy)
    return load_store().head(_record_key(policy.key_of(inputs))) is not None


class ContentPolicy(CachePolicy):
    """The key of a task run is the content key of its inputs; nothing runs twice at once."""

    def __init__(self, kind: str, version: str, ignore: Collection[str]) -> None:
        super().__init__(
            key_storage=CachedReferences(),
            isolation_level=IsolationLevel.SERIALIZABLE,
            lock_manager=LOCKS,
        )
        self.kind = kind
        self.version = version
        self.ignore = frozenset(ignore)

    def compute_key(
        self,
        task_ctx: TaskRunContext,  # noqa: ARG002
        inputs: dict[str, Any],
        flow_parameters: dict[str, Any],  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> str:
        """`cache/{kind}/{sha256}`, which is also where the task's artifacts lie."""
        return self.key_of(inputs)

    def key_of(self, inputs: dict[str, Any]) -> str:
        """The key of a run with these inputs; those that are ignored may be left out."""
        shaping = {name: value for name, value in inputs.items() if name not in self.ignore}
        return f"cache/{self.kind}/{content_key(self.kind, self.version, inputs=shaping)}"


class CachedReferences(WritableFileSystem):
    """Prefect's records of cached results, in the artifact store; it vouches for them.

    It opens the store at each use, because a task is defined when its module is imported,
    and where the store is may be known only later.
    """

    _block_type_name = "Reelwright Cached References"

    def read_path(self, path: str, _sync: bool = True) -> bytes:  # type: ignore[override]
        """The record under the key `path`.

        Raises:
            ArtifactMissing: there is none, or something it stands for is gone.
        """
        record = load_store().read(_record_key(path))
        if not _is_vouched_for(path):
            _check(record)
        return record

    def write_path(self, path: str, content: bytes, _sync: bool = True) -> None:  # type: ignore[override]
        """Keep a record under the key `path`."""
        patiently(lambda: load_store().put(_record_key(path), content))

    async def aread_path(self, path: str) -> bytes:
        """As `read_path`, for tasks that are coroutines."""
        return await anyio.to_thread.run_sync(self.read_path, path)

    async def awrite_path(self, path: str, content: bytes) -> None:
        """As `write_path`, for tasks that are coroutines."""
        await anyio.to_thread.run_sync(self.write_path, path, content)


def artifacts_in(value: Any) -> Iterator[ArtifactRef]:
    """Every artifact that a task's result names, however deep."""
    if isinstance(value, ArtifactRef):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from artifacts_in(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():
            yield from artifacts_in(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from artifacts_in(item)


def lock_directory() -> Path:
    """Where this machine's locks lie."""
    return StoreSettings().data_dir / "locks"


LOCKS = HouseLocks(FlockLockManager(lock_directory))


def _record_key(path: str) -> str:
    return f"{path}.record.json"


def _is_vouched_for(path: str) -> bool:
    """Prefect reads a record twice: to see whether there is one, then inside its transaction."""
    running = get_transaction()
    return running is not None and running.key == path and running.is_committed()


def _check(record: bytes) -> None:
    """Refuse a record whose result cannot be loaded or whose artifacts are not as it says.

    A refusal here makes Prefect run the task. One after Prefect has believed the record
    would fail the task, and keep its lock.
    """
    metadata = ResultRecordMetadata.load_bytes(record)
    results = get_result_store().result_storage
    if results is None or metadata.storage_key is None:
        raise ArtifactMissing("result")
    content = results.read_path(metadata.storage_key, _sync=True)  # type: ignore[call-arg]
    result = metadata.serializer.loads(cast(bytes, content))
    if not isinstance(result, _promised_type()):
        raise ArtifactMissing("result")
    if getattr(result, "is_makeshift", False):
        # Its own job has kept it; others shall not go without because a service was down once.
        raise ArtifactMissing("result")
    for ref in artifacts_in(result):
        held = load_store().head(ref.key)
        if held is None or held.sha256 != ref.sha256:
            raise ArtifactMissing(ref.key)


def _promised_type() -> type:
    """The model that the running task says it returns; of other annotations nothing is asked.

    A result whose class has been renamed since is loaded by Prefect as a plain dict.
    """
    running = TaskRunContext.get()
    if running is None:
        return object
    try:
        promised = get_type_hints(running.task.fn).get("return")
    except NameError:
        return object
    if isinstance(promised, type) and issubclass(promised, BaseModel):
        return promised
    return object
