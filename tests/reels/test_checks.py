"""What a job may ask for is checked before it is taken on."""

from __future__ import annotations

import pytest

from reels.checks import check_visuals
from reels.errors import InvalidInput


@pytest.mark.parametrize("kind", ["slide", "code", "diagram", "formula", "image"])
def test_what_a_text_can_show_may_be_asked_for(kind: str) -> None:
    check_visuals(("slide", kind), "")


def test_a_kind_that_nobody_chooses_is_refused_by_its_place() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_visuals(("slide", "placeholder"), "")
    assert refused.value.field == "visuals.1"
