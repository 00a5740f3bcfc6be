"""The stock media of a job: searched for once in 24 hours, and none shown twice.

Searches run side by side; who gets what is then decided scene by scene, each scene taking
the most fitting result that no earlier one has taken, and kept with the job. So it is the
same when the job is entered again, whatever the libraries answer by then.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from prefect import get_run_logger
from pydantic import Field

from blocks.credentials import access_from_block
from flows.books import Payer
from flows.caching import artifact_key, cached_task
from flows.falling import made_by_first_able
from flows.job import Job
from flows.music import FATAL
from flows.paying import paid_by
from flows.tasks import kept
from flows.workspace import workspace
from reels.chains import FALLING, Fallback
from reels.cloud.access import add_source
from reels.cloud.stock import (
    Medium,
    StockItem,
    StockName,
    StockQuery,
    bring_item,
    reachable,
    search,
)
from reels.errors import ContentBlocked
from reels.models import Model, Scene, Storyboard, VisualRef
from reels.visuals.base import Canvas
from reels.visuals.picture import parse_spec
from reels.visuals.stock import KIND_OF, StockSpec, first_unused, query_of

#: What the job has settled on.
SETTLED = "chosen/stock.json"
#: Pixabay's rule; and what is new at Pexels can wait for a day.
KEPT_FOR = timedelta(hours=24)

_MEDIA: dict[str, Medium] = {kind: medium for medium, kind in KIND_OF.items()}


class StockResults(Model):
    """What a library answered."""

    items: tuple[StockItem, ...]


class StockChoices(Model):
    """What each scene shows, by its number; for those that got nothing, why."""

    storyboard: str
    items: dict[int, StockItem] = Field(default_factory=dict)
    failed: dict[int, str] = Field(default_factory=dict)
    fallbacks: tuple[Fallback, ...] = ()


@cached_task(
    kind="stock-search", version="1", cache_expiration=KEPT_FOR, task_run_name="search {provider}"
)
def search_stock(
    query: StockQuery, provider: StockName, payer: Payer | None = None
) -> StockResults:
    """What a library has, the most fitting first."""
    return StockResults(items=paid_by(payer, lambda: search(provider, query)))


@cached_task(kind="stock", version="1", task_run_name="take {item.name}")
def take_stock(item: StockItem, payer: Payer | None = None) -> VisualRef:
    """A library's file, looked at and in the store."""
    with workspace() as work:
        file = paid_by(payer, lambda: bring_item(item, work / "stock"))
        return VisualRef(
            picture=kept(file, artifact_key(file.suffix)),
            provider=KIND_OF[item.medium],
            credit=item.credit,
        )


def choose_stock(
    job: Job, storyboard: Storyboard, key: str, canvas: Callable[[int], Canvas]
) -> StockChoices:
    """What each scene of the kinds `stock_picture` and `stock_clip` shows.

    `key` tells this storyboard from others; `canvas` gives the canvas of a scene.

    Raises:
        AuthenticationFailed, BudgetExceeded, StoreError, Unavailable: for a person to mend.
    """
    wanted = {
        number: scene
        for number, scene in enumerate(storyboard.scenes, 1)
        if scene.visual.kind in _MEDIA
    }
    if not wanted:
        return StockChoices(storyboard=key)
    settled = job.load(SETTLED, StockChoices)
    if settled is not None and settled.storyboard == key:
        return settled
    # The main flow's own thread has no paid work that would have added it.
    add_source(access_from_block)
    choosing = _Choosing(job)
    for number, scene in wanted.items():
        choosing.ask_first(number, scene, canvas(number))
    for number in wanted:
        choosing.choose(number)
    choices = choosing.choices(key)
    job.save(SETTLED, choices)
    return choices


class _Choosing:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._asked: dict[int, tuple[tuple[StockName, ...], StockQuery]] = {}
        self._searches: dict[tuple[StockName, str], Callable[[], StockResults]] = {}
        self._items: dict[int, StockItem] = {}
        self._failed: dict[int, str] = {}
        self._fallbacks: list[Fallback] = []

    def ask_first(self, number: int, scene: Scene, canvas: Canvas) -> None:
        """Start the search in the first library; scenes with the same words share it."""
        spec = parse_spec(StockSpec, scene.visual.spec)
        query = query_of(spec, _MEDIA[scene.visual.kind], canvas)
        names = reachable(spec.chain())
        self._asked[number] = names, query
        self._search(number, names[0])

    def choose(self, number: int) -> None:
        names, _ = self._asked[number]
        used = {item.name for item in self._items.values()}

        def take(name: str) -> StockItem:
            found = self._search(number, next(each for each in names if each == name))()
            return first_unused(found.items, used)

        try:
            item, choice = made_by_first_able("visual", names, take, (*FALLING, ContentBlocked))
        except FATAL:
            raise
        except Exception as error:
            get_run_logger().warning("Scene %d gets no stock media: %s", number, error)
            self._failed[number] = str(error)
            return
        self._items[number] = item
        self._fallbacks += choice.fallbacks

    def choices(self, key: str) -> StockChoices:
        once = tuple(dict.fromkeys(self._fallbacks))
        return StockChoices(storyboard=key, items=self._items, failed=self._failed, fallbacks=once)

    def _search(self, number: int, name: StockName) -> Callable[[], StockResults]:
        query = self._asked[number][1]
        known = self._searches.get((name, query.model_dump_json()))
        if known is None:
            payer = self._job.payer.of_scene(number)
            future = search_stock.submit(query=query, provider=name, payer=payer)
            known = partial(future.result)
            self._searches[name, query.model_dump_json()] = known
        return known
