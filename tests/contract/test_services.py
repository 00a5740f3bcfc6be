"""The real services answer as our providers read them: recorded by `make record`, replayed here.

The models and voices are those of the settings' defaults, as they were when it was recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from reels.cloud.charges import keep_books
from tests.contract.calls import CALLS, Call
from tests.reels.cloud.ledger import Ledger


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_service_answers_as_it_is_read_and_tells_what_that_cost(
    call: Call, wire: Callable[[Call], AbstractContextManager[None]], tmp_path: Path
) -> None:
    ledger = Ledger()
    with wire(call), keep_books(ledger):
        call.make(tmp_path)
    assert all(charge.succeeded for charge in ledger.charges)
    if call.is_paid:
        assert ledger.charges
        assert all(sum(charge.units.values()) > 0 for charge in ledger.charges)
