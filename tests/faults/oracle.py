"""What is asked of every job, whatever happened while it was made."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from deployments.fake_cloud.state import Call
from reels.artifacts import job_prefix
from reels.cloud.charges import CHARGES, Charge
from reels.manifest import Manifest
from reels.probe import probe
from tests.faults.house import USER, House, NotSurvived
from tests.receiver_kit import Arrival

#: Between a service's answer and its place in the store; a process that is killed there has
#: lost what it was given, and no service takes a request's number to give it once more.
KEEPING_S = 5.0
_TOLD_WITHIN_S = 60.0
_OUTCOMES = {"video.ready", "video.failed", "video.cancelled"}


def judge(house: House, job: str, *, may_fail_first: bool = False) -> None:
    """The job has ended as it should, once; before that, it may have failed for a good reason.

    Raises:
        NotSurvived: says what is otherwise.
    """
    state = house.until_ended(job)
    if state["type"] != "COMPLETED":
        raise NotSurvived(f"ended as {state['name']}: {state.get('message') or 'without a reason'}")
    _one_object(house, job)
    _charged(house, job)
    _told_once(house, job, may_fail_first)
    _one_end(house, job)


def _one_end(house: House, job: str) -> None:
    history = house.history(job)
    ends = [state["name"] for state in history if state["type"] == "COMPLETED"]
    # The last is not the latest where the clock was set meanwhile.
    if len(ends) != 1 or house.state(job).get("type") != "COMPLETED":
        names = " > ".join(state["name"] for state in history)
        raise NotSurvived(f"its states do not end once: {names}")


def _one_object(house: House, job: str) -> None:
    """The manifest names what lies in the store, and the film can be played."""
    prefix = job_prefix(USER, job)
    manifest = Manifest.model_validate_json(house.store.read(f"{prefix}/manifest.json"))
    for name, ref in manifest.artifacts.items():
        content = house.store.read(ref.key)
        if hashlib.sha256(content).hexdigest() != ref.sha256:
            raise NotSurvived(f"{name} in the store is not the one of the manifest")
    films = [key for key in house.store.sizes(prefix) if key.endswith("final.mp4")]
    if films != [f"{prefix}/final.mp4"]:
        raise NotSurvived(f"final films: {films}")
    _playable(house.store.read(films[0]), manifest)


def _playable(content: bytes, manifest: Manifest) -> None:
    with tempfile.TemporaryDirectory() as directory:
        film = Path(directory) / "final.mp4"
        film.write_bytes(content)
        found = probe(film)
    if found.video is None or found.audio is None:
        raise NotSurvived("the film lacks pictures or sound")
    if abs(found.video.duration_s - manifest.render.duration_s) > 0.2:
        raise NotSurvived(f"the film lasts {found.video.duration_s} s")


def charges_of(house: House, job: str) -> list[Charge]:
    """What the job's books say that it was charged for calls that succeeded."""
    folder = f"{job_prefix(USER, job)}/{CHARGES}"
    found = (json.loads(house.store.read(key)) for key in house.store.sizes(folder))
    return [charge for charge in map(Charge.model_validate, found) if charge.succeeded]


def _charged(house: House, job: str) -> None:
    """Of each kind of thing that is paid for, the job's books show a charge."""
    kinds = {charge.operation for charge in charges_of(house, job)}
    if not {"storyboard", "picture", "speech"} <= kinds:
        raise NotSurvived(f"charges are missing: only {sorted(kinds)}")


def _told_once(house: House, job: str, may_fail_first: bool) -> None:
    """Its user's receiver heard of one end, and of no change under two numbers."""

    def outcomes() -> list[Arrival]:
        return [each for each in house.receiver.taken if each.job == job and each.kind in _OUTCOMES]

    def is_told() -> bool:
        return any(each.kind == "video.ready" for each in outcomes())

    house.wait(is_told, "the webhook of the end", _TOLD_WITHIN_S)
    ends = list({each.id: each.kind for each in outcomes()}.values())
    if may_fail_first and ends[0] == "video.failed":
        ends = ends[1:]
    if ends != ["video.ready"]:
        raise NotSurvived(f"told of more ends than one: {ends}")
    told = [each for each in house.receiver.taken if each.job == job]
    contents = {(each.id, each.body) for each in told}
    changes = {json.dumps(each.message["data"], sort_keys=True) for each in told}
    if len({each.id for each in told}) != len(contents) or len(changes) != len(contents):
        raise NotSurvived("one change was told under several numbers, or several under one")


def judge_payments(
    calls: Sequence[Call], strikes: Iterable[tuple[float, float]], charges: int
) -> str:
    """No call was paid twice but one that a strike cut off, and the jobs' books have all others
    as one of their `charges`. Returns what was seen, in words.

    Raises:
        NotSurvived: more were.
    """
    good = [call for call in calls if call.status == 200]
    moments = list(strikes)
    cut = [call for call in good if any(_is_cut(call, *times) for times in moments)]
    twice = len(good) - len({(call.operation, call.asked) for call in good})
    seen = f"{len(good)} calls paid, {twice} again of {len(cut)} cut off by a strike"
    if twice > len(cut):
        raise NotSurvived(seen)
    if not len(good) - len(cut) <= charges <= len(good):
        raise NotSurvived(f"{seen}; {charges} charged")
    return seen


def _is_cut(call: Call, began: float, ended: float) -> bool:
    return call.at_s <= ended and began <= call.at_s + call.took_s + KEEPING_S
