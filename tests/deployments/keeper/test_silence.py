"""When a run counts as silent, on a clock in the test's hand."""

from __future__ import annotations

from uuid import uuid4

from prefect.client.schemas.objects import FlowRun, State, StateType

from deployments.keeper.silence import Sign, Silence, sign_of
from reels.observing.carried import BEAT_LABEL
from reels.settings import RecoverySettings

SETTINGS = RecoverySettings(
    heartbeat_s=10, lease_s=40, start_lease_s=100, keeper_poll_s=5, max_recoveries=3
)


def sign(kind: StateType = StateType.RUNNING, beat: str = "a.1") -> Sign:
    return Sign(uuid4(), uuid4(), kind, beat)


def looked(silence: Silence, *signs: Sign, to: int, since: int = 0) -> list[tuple[int, Sign]]:
    """What was gone when, with a look every 5 s."""
    return [(at, gone) for at in range(since, to + 1, 5) for gone in silence.look(signs, at)]


def test_a_run_that_is_as_it_was_for_a_lease_is_gone() -> None:
    quiet = sign()
    assert looked(Silence(SETTINGS), quiet, to=40) == [(40, quiet)]


def test_a_run_that_beats_or_changes_its_state_is_not() -> None:
    silence, first = Silence(SETTINGS), sign()
    beaten = first._replace(beat="a.2")
    moved = beaten._replace(state_id=uuid4())
    assert not looked(silence, first, to=35)
    assert not looked(silence, beaten, since=40, to=70)
    assert not looked(silence, moved, since=75, to=110)
    assert looked(silence, moved, since=115, to=115) == [(115, moved)]


def test_a_run_on_its_way_to_its_first_line_has_longer() -> None:
    starting = sign(StateType.PENDING, "")
    assert looked(Silence(SETTINGS), starting, to=100) == [(100, starting)]


def test_a_run_whose_process_was_seen_to_end_is_gone_at_once() -> None:
    crashed = sign(StateType.CRASHED)
    assert Silence(SETTINGS).look([crashed], 0) == [crashed]


def test_after_two_minutes_without_the_server_every_run_has_its_whole_lease() -> None:
    silence, quiet = Silence(SETTINGS), sign()
    assert not looked(silence, quiet, to=35)
    silence.begin_anew()
    assert not looked(silence, quiet, since=155, to=190)
    assert looked(silence, quiet, since=195, to=195) == [(195, quiet)]


def test_of_the_time_that_a_keeper_was_stopped_no_more_counts_than_between_two_looks() -> None:
    silence, quiet = Silence(SETTINGS), sign()
    assert not looked(silence, quiet, to=10)
    assert not looked(silence, quiet, since=500, to=510)
    assert looked(silence, quiet, since=515, to=515) == [(515, quiet)]


def test_a_keeper_that_is_always_late_finds_who_is_gone() -> None:
    silence, quiet = Silence(SETTINGS), sign()
    assert not any(silence.look([quiet], at) for at in (0, 20, 40))
    assert silence.look([quiet], 60) == [quiet]


def test_a_run_that_went_and_came_back_begins_anew() -> None:
    silence, quiet = Silence(SETTINGS), sign()
    assert not looked(silence, quiet, to=30)
    assert not silence.look([], 35)
    assert not looked(silence, quiet, since=40, to=75)


def test_the_sign_of_life_of_a_run_is_in_its_labels() -> None:
    state: State[None] = State(type=StateType.RUNNING)
    run = FlowRun(flow_id=uuid4(), state=state, labels={BEAT_LABEL: "b.7", "other": "c"})
    assert sign_of(run) == Sign(run.id, state.id, StateType.RUNNING, "b.7")
    assert sign_of(FlowRun(flow_id=uuid4(), state=state)).beat == ""
