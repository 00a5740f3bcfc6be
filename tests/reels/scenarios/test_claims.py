"""One worker at a time has a task, and it ends once, whatever the order of what is tried."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reels.errors import Conflict
from reels.scenarios import claims
from reels.scenarios.claims import Entry, Log
from reels.scenarios.logs import entry_key, logs_in
from tests.reels.scenarios.kit import NOW

LEASE_S = 60.0
TASK = "0123456789abcdef0123"


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


class Story:
    """A log and what has been tried on it; each try that is not refused becomes an entry."""

    def __init__(self, *, offered: bool = True) -> None:
        self.entries: list[Entry] = []
        if offered:
            self.append("offered", 0)

    @property
    def log(self) -> Log:
        return Log(self.entries)

    def append(self, what: Literal["offered", "withdrawn"], now_s: float) -> None:
        self.entries.append(Entry(what=what, at=at(now_s)))

    def claim(self, worker: str, now_s: float) -> str:
        self.entries.append(self.log.claimed(worker, LEASE_S, at(now_s)))
        return self.entries[-1].claim

    def renew(self, claim: str, now_s: float) -> None:
        self.entries.append(self.log.renewed(claim, LEASE_S, at(now_s)))

    def end(self, claim: str, now_s: float, status: Literal["success", "failed"]) -> None:
        self.entries.append(self.log.ended(claim, status, at(now_s)))


def test_a_task_that_is_not_offered_cannot_be_claimed() -> None:
    with pytest.raises(Conflict, match="not ready"):
        Story(offered=False).claim("ada", 0)


def test_a_task_that_nobody_has_claimed_cannot_end() -> None:
    with pytest.raises(Conflict, match="Nobody has claimed"):
        Story().end("", 0, "success")


def test_a_task_that_is_taken_is_not_given_to_another_until_the_lease_is_over() -> None:
    story = Story()
    first = story.claim("ada", 0)
    with pytest.raises(Conflict, match="Another worker"):
        story.claim("bob", LEASE_S - 1)
    second = story.claim("bob", LEASE_S)
    with pytest.raises(Conflict, match="claim is over"):
        story.end(first, LEASE_S + 1, "success")
    with pytest.raises(Conflict, match="claim is over"):
        story.renew(first, LEASE_S + 1)
    story.end(second, LEASE_S + 1, "success")
    assert story.log.status(at(LEASE_S + 1)) == "success"


def test_whoever_renews_keeps_the_task() -> None:
    story = Story()
    claim = story.claim("ada", 0)
    story.renew(claim, LEASE_S - 1)
    holder = story.log.holder(at(2 * LEASE_S - 2))
    assert holder is not None
    assert (holder.worker, holder.claim) == ("ada", claim)
    assert story.log.holder(at(2 * LEASE_S)) is None


def test_work_that_is_done_late_counts_while_nobody_else_has_begun() -> None:
    story = Story()
    claim = story.claim("ada", 0)
    assert story.log.status(at(2 * LEASE_S)) == "pending"
    story.end(claim, 2 * LEASE_S, "success")
    assert story.log.end is not None


def test_a_worker_that_names_no_claim_is_heard_as_long_as_there_was_one_only() -> None:
    story = Story()
    story.claim("ada", 0)
    assert Story().log.claims == []
    story.renew("", 1)
    story.claim("bob", 1 + LEASE_S)
    with pytest.raises(Conflict, match="more than once"):
        story.end("", 2 + LEASE_S, "success")


@pytest.mark.parametrize("status", ["success", "failed"])
def test_nothing_comes_after_the_end(status: Literal["success", "failed"]) -> None:
    story = Story()
    claim = story.claim("ada", 0)
    story.end(claim, 1, status)
    tries = (
        lambda: story.claim("bob", 2),
        lambda: story.renew(claim, 2),
        lambda: story.end(claim, 2, "success"),
    )
    for each in tries:
        with pytest.raises(Conflict, match="has ended"):
            each()


def test_a_task_that_is_withdrawn_waits_for_the_next_offer_and_begins_anew() -> None:
    story = Story()
    claim = story.claim("ada", 0)
    story.end(claim, 1, "failed")
    story.append("withdrawn", 2)
    assert story.log.end is None
    assert story.log.status(at(2)) == "pending"
    with pytest.raises(Conflict, match="not ready"):
        story.claim("bob", 3)
    story.append("offered", 4)
    with pytest.raises(Conflict, match="Nobody has claimed"):
        story.end(claim, 5, "success")
    assert story.claim("bob", 6) != claim


def test_a_task_that_is_claimed_without_end_is_refused_at_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claims, "MAX_ENTRIES", 4)
    story = Story()
    for number in range(3):
        claim = story.claim("ada", number * LEASE_S)
    with pytest.raises(Conflict, match="too often"):
        story.claim("ada", 3 * LEASE_S)
    story.end(claim, 3 * LEASE_S, "success")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "renew", "success", "failed", "offered", "withdrawn"]),
        st.integers(0, 3),
        st.floats(0, 1.5 * LEASE_S),
    ),
    max_size=25,
)


@given(STEPS)
def test_whatever_is_tried_one_worker_has_the_task_and_it_ends_once(
    steps: list[tuple[str, int, float]],
) -> None:
    story, now_s = Story(), 0.0
    held: list[str] = ["", "unknown"]
    until_s, ends, alive = 0.0, 0, ""
    for what, which, wait_s in steps:
        now_s += wait_s
        claim = held[which % len(held)]
        before = len(story.entries)
        try:
            match what:
                case "claim":
                    held.append(story.claim("ada", now_s))
                    assert story.log.is_offered
                    assert not ends
                    assert now_s >= until_s
                    alive, until_s = held[-1], now_s + LEASE_S
                case "renew":
                    story.renew(claim, now_s)
                    assert claim in ("", alive)
                    until_s = now_s + LEASE_S
                case "success" | "failed":
                    story.end(claim, now_s, what)  # type: ignore[arg-type]
                    assert claim in ("", alive)
                    assert not ends
                    ends, until_s = 1, 0.0
                case _:
                    story.append(what, now_s)  # type: ignore[arg-type]
                    alive, until_s, ends = "", 0.0, 0
        except Conflict:
            assert len(story.entries) == before
        assert (story.log.end is not None) == bool(ends)
        holder = story.log.holder(at(now_s))
        assert (holder.claim if holder else "") == (alive if now_s < until_s else "")


def test_a_log_is_read_in_the_order_of_its_numbers_whatever_else_lies_there() -> None:
    story = Story()
    for number in range(11):
        story.claim("ada", number * LEASE_S)
    written = [
        (entry_key(TASK, number), entry.model_dump_json())
        for number, entry in enumerate(story.entries)
    ]
    others = [("draft-1-response", "{}"), (entry_key(TASK, 99), "no entry")]
    assert logs_in([*reversed(written), *others]) == {TASK: story.entries}
