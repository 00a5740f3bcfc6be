"""Waiting for a person: first with the process held, then suspended without one.

A wait starts with `pause_flow_run`, so that a quick answer goes on at once. After
`hold_s` the same pause becomes a suspension in place: same key, same form, no process.
The pause's own deadline is the approval's, not the hold's, because the server turns a
run whose pause has passed its deadline into a failed one.
"""

from __future__ import annotations

from itertools import count
from typing import TypeVar, cast
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.context import FlowRunContext
from prefect.exceptions import Abort, Pause
from prefect.flow_runs import pause_flow_run
from prefect.input import RunInput
from prefect.input.actions import read_flow_run_input
from prefect.input.run_input import Keyset, keyset_from_paused_state
from prefect.states import Paused, Running, Suspended
from prefect.utilities.timeout import timeout

from reels.settings import FlowSettings

Form = TypeVar("Form", bound=RunInput)

#: How long after the approval's deadline the server itself would fail the run. By then an
#: automation has cancelled it.
SERVER_GRACE_S = 86_400
POLL_S = 1


class HoldOver(TimeoutError):
    """Nobody answered while the process was held."""


def ask(form: type[Form], key: str, settings: FlowSettings) -> Form:
    """Wait until a person fills in `form`; `key` names the wait within this run.

    A run that is entered again finds the answer that it was resumed with. An answer is
    never assumed: a run that was entered again without one asks again.

    Raises:
        Pause: the wait goes on without a process; the engine ends this one.
        Abort: the run was cancelled while it waited.
    """
    with get_client(sync_client=True) as client:
        for attempt in count(1):
            pause_key = f"{key}-{attempt}"
            if pause_key in _pause_keys(client):
                answer = _answer(form, pause_key)
            else:
                answer = _hold(client, form, pause_key, settings)
            if answer is not None:
                return answer
    raise AssertionError("count() does not end")


def _hold(
    client: SyncPrefectClient, form: type[Form], pause_key: str, settings: FlowSettings
) -> Form | None:
    deadline_s = settings.approval_timeout_s
    try:
        with timeout(seconds=min(settings.approval_hold_s, deadline_s), timeout_exc_type=HoldOver):
            return pause_flow_run(
                wait_for_input=form,
                timeout=deadline_s + SERVER_GRACE_S,
                poll_interval=POLL_S,
                key=pause_key,
            )
    except HoldOver:
        return _suspend_in_place(client, form, pause_key)


def _suspend_in_place(client: SyncPrefectClient, form: type[Form], pause_key: str) -> Form | None:
    """Turn the held pause into a suspension, unless it was answered in the meantime."""
    run = _read_run(client)
    state = run.state
    if state is None or state.type != StateType.PAUSED:
        return _answer_of_running(form, pause_key, state)
    _save_form_once(form, pause_key)
    suspended = suspension_of(state)
    client.set_flow_run_state(run.id, suspended, force=True)
    _stop_if_cancelled(client, run)
    answer = _answer(form, pause_key)
    if answer is None or not _is_still_ours(client):
        raise Pause(state=suspended)
    client.set_flow_run_state(run.id, Running(), force=True)
    return answer


def _is_still_ours(client: SyncPrefectClient) -> bool:
    """Whether the run stands as we suspended it; otherwise a worker goes on with it."""
    state = _read_run(client).state
    return state is not None and state.name == "Suspended"


def suspension_of(paused: State) -> State:
    """The same wait without a process: same key, same form, same deadline."""
    details = paused.state_details
    suspended: State = Suspended(
        pause_expiration_time=details.pause_timeout, pause_key=details.pause_key
    )
    suspended.state_details.run_input_keyset = details.run_input_keyset
    return suspended


def _answer_of_running(form: type[Form], pause_key: str, state: State | None) -> Form | None:
    """A run that runs was answered, or was not paused yet (None: ask again)."""
    if state is None or not state.is_running():
        raise Abort(f"The run is {state.name if state else 'gone'}; it waits no longer.")
    return _answer(form, pause_key)


def _stop_if_cancelled(client: SyncPrefectClient, run: FlowRun) -> None:
    """A cancel that came between our look and our forced step still counts."""
    assert run.state is not None
    since = run.state.timestamp
    cancels = [
        state
        for state in client.read_flow_run_states(run.id)
        if state.timestamp >= since and state.type in {StateType.CANCELLING, StateType.CANCELLED}
    ]
    if cancels:
        cancelled: State = State(type=StateType.CANCELLED, message=cancels[0].message)
        client.set_flow_run_state(run.id, cancelled, force=True)
        raise Abort("The run was cancelled while it waited.")


def _save_form_once(form: type[Form], pause_key: str) -> None:
    """The hold may end before `pause_flow_run` has stored the form's schema."""
    keyset = _keyset(pause_key)
    if read_flow_run_input(keyset["schema"], flow_run_id=_run_id()) is None:
        form.save(keyset)


def _answer(form: type[Form], pause_key: str) -> Form | None:
    keyset = _keyset(pause_key)
    if read_flow_run_input(keyset["response"], flow_run_id=_run_id()) is None:
        return None
    return cast(Form, form.load(keyset))


def _keyset(pause_key: str) -> Keyset:
    return keyset_from_paused_state(Paused(pause_key=pause_key))


def _pause_keys(client: SyncPrefectClient) -> set[str]:
    return _read_run(client).empirical_policy.pause_keys or set()


def _read_run(client: SyncPrefectClient) -> FlowRun:
    return client.read_flow_run(_run_id())


def _run_id() -> UUID:
    context = FlowRunContext.get()
    assert context is not None
    assert context.flow_run is not None
    return context.flow_run.id
