"""A bench of real files for services, and scenarios that run on it from end to end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from blocks.local_store import LocalStore
from flows.job import JobFiles
from flows.serving import TaskBench
from flows.timelines import timeline_of
from flows.workspace import bring
from reels import audio
from reels.artifacts import content_key
from reels.finished import check_rendered, promised
from reels.grid import Encoder
from reels.join import join
from reels.making import Making
from reels.models import ArtifactRef, LanguageTag, Word
from reels.plans import Rendered, RenderPlan
from reels.poster import poster
from reels.scenarios.models import Scenario, ScenarioTask
from reels.scenarios.orders import Orders
from reels.scenarios.running import End, Run, Told
from reels.segment_cache import Cache
from reels.services import SERVICES
from reels.services.base import Order, TaskResult


@dataclass
class FileBench:
    """A `Bench` whose store is a directory of its own; `plans` are those that were rendered."""

    folder: Path
    store: LocalStore = field(init=False)
    plans: list[RenderPlan] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.store = LocalStore(
            self.folder / "store", public_url="http://api.test", secret=b"a test's own"
        )

    def text(self, result: TaskResult) -> str:
        job = JobFiles(id="job", user="ada", store=self.store)
        return TaskBench(self.folder, self.store, job).text(result)

    def fetch(self, ref: ArtifactRef) -> Path:
        return bring(self.store, ref, self.folder / "fetched")

    def keep(self, file: Path) -> ArtifactRef:
        name = content_key("kept", "1", content=file.read_bytes().hex())
        return self.store.put(f"kept/{name}{file.suffix}", file)

    def render(self, plan: RenderPlan) -> Rendered:
        """As the render pool does it, in this process and without a server."""
        self.plans.append(plan)
        timeline = timeline_of(plan, self.store, self.folder / "media")
        cache = Cache(self.folder / "segments")
        with cache.opened() as desk:
            parts = Making(timeline, None, cache, desk, None, lambda _: None).parts(Encoder())
            loudness = audio.mix(
                [audio.Line(self.fetch(line.audio), line.start_s) for line in plan.lines],
                self.fetch(plan.music) if plan.music else None,
                plan.duration_s,
                desk / "mix.m4a",
                desk / "mixing",
                voice_to=desk / "voice.mp3",
            )
            video = join(parts.files, desk / "mix.m4a", desk / "video.mp4", work=desk)
            promise = promised(parts.segments, loudness=loudness, spoken=plan.spoken_s)
            check_rendered(video, promise, parts.segments)
            return Rendered(
                video=self.keep(video),
                poster=self.keep(poster(video, 1.0, desk / "poster.jpg")),
                voiceover=self.keep(desk / "voice.mp3"),
                frames=plan.frames,
                duration_s=plan.duration_s,
                loudness=loudness,
                segments_total=len(parts.segments),
                segments_encoded=parts.encoded,
            )

    def written(self, text: str, language: LanguageTag | None = None) -> TaskResult:
        """A text that another task has made."""
        file = self.folder / "written.txt"
        file.write_text(text, encoding="utf-8")
        return TaskResult(kind="text", artifact=self.keep(file), language=language)

    def painted(self, size_px: tuple[int, int] = (270, 480), shade: int = 90) -> TaskResult:
        """A picture that another task has made."""
        file = self.folder / "painted.png"
        Image.linear_gradient("L").resize(size_px).point(lambda v: v // 2 + shade).save(file)
        return TaskResult(kind="picture", artifact=self.keep(file))


class _Hands:
    """Does each task as it is ready, in this thread."""

    def __init__(self, scenario: Scenario, bench: FileBench) -> None:
        self._orders = Orders(scenario)
        self._bench = bench

    def start(self, task: ScenarioTask, results: Mapping[str, TaskResult], told: Told) -> None:
        order = self._orders.of(task, results)
        made = SERVICES[order.service].work(order, self._bench)
        told(task.id, End(status="success", result=made))

    def offer(self, task: ScenarioTask, results: Mapping[str, TaskResult]) -> None:
        raise AssertionError(f"{task.name} is for outside workers")

    def ends_outside(self) -> Mapping[str, End]:
        return {}

    def keep(self, task: ScenarioTask, end: End) -> None:
        """The run itself holds the ends."""


def results_of(scenario: Scenario, bench: FileBench) -> dict[str, TaskResult]:
    """What all tasks have made, by `{name}.{turn}`; any that fails raises its error."""
    run = Run(scenario, _Hands(scenario, bench), {})
    run.go_on()
    assert run.is_over
    turn = Orders(scenario).turn
    made = {f"{task.name}.{turn(task)}": run.ends[task.id].result for task in scenario.tasks}
    return {name: result for name, result in made.items() if result is not None}


def order(service: str, **more: object) -> Order:
    """An order of that service; what is not said is the plainest."""
    return Order.model_validate({"service": service, "name": "Task", **more})


def words_of(text: str, each_s: float = 0.4) -> tuple[Word, ...]:
    """Words one after another, each as long as the others."""
    return tuple(
        Word(text=word, start_s=round(n * each_s, 4), end_s=round((n + 1) * each_s - 0.05, 4))
        for n, word in enumerate(text.split())
    )
