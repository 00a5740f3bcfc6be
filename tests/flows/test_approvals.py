"""What a person is shown at an approval, and what the forms demand."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from flows.approvals import DraftApproval, SubtitlesApproval, plainly, show_cues, show_draft
from reels.errors import InvalidInput
from reels.models import Cue, Scene, Storyboard

BOARD = Storyboard(
    title="A | B",
    scenes=(
        Scene(narration="First *line*,\nstill first.", on_screen_text="One"),
        Scene(narration="<script>alert(1)</script> [x](y)"),
    ),
)


def test_a_draft_shows_every_scene_on_its_own_numbered_line() -> None:
    shown = show_draft(BOARD)
    assert "1. First \\*line\\*, still first." in shown
    assert "\n2. " in shown
    assert "*slide, zoom\\_in: One*".replace("\\", "") in shown.replace("\\", "")


def test_what_people_wrote_is_never_markup() -> None:
    shown = show_draft(BOARD) + show_cues((Cue(start_s=0, end_s=1, text="<b>"),), 9.0, "p")
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert "[x](y)" not in shown
    assert "A \\| B" in shown


def test_cues_are_shown_with_their_times_under_the_preview() -> None:
    shown = show_cues((Cue(start_s=0.5, end_s=2.25, text="Hello"),), 9.0, "http://preview")
    assert "[Watch the preview](http://preview), 9.0 s." in shown
    assert "1. `0.50–2.25` Hello" in shown


@pytest.mark.parametrize("form", [DraftApproval, SubtitlesApproval])
def test_an_empty_answer_approves_nothing(form: type[DraftApproval | SubtitlesApproval]) -> None:
    with pytest.raises(ValidationError):
        form.model_validate({})
    assert "action" in form.model_json_schema()["required"]


def test_a_form_offers_its_actions_to_choose_from() -> None:
    schema = DraftApproval.model_json_schema()["properties"]["action"]
    assert schema["enum"] == ["approve", "revise", "reject"]


def test_reasons_name_their_field() -> None:
    assert plainly(InvalidInput("cues.1.start_s", "It overlaps.")) == "cues.1.start_s: It overlaps."
    with pytest.raises(ValidationError) as caught:
        Storyboard.model_validate({"title": "x", "scenes": []})
    assert plainly(caught.value).startswith("scenes: ")
