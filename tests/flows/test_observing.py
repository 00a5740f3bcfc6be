"""Flows that say for whom they work are to Prefect what they were."""

from __future__ import annotations

import pytest
from prefect import Flow

from flows.encode_segments import encode_segments
from flows.make_slideshow import make_slideshow
from flows.make_video import make_video
from flows.package_hls import package_hls
from flows.render_video import render_video
from flows.transcribe_audio import transcribe_audio
from reels.models import Storyboard


@pytest.mark.parametrize(
    ("flow", "module"),
    [
        (make_video, "flows.make_video"),
        (make_slideshow, "flows.make_slideshow"),
        (render_video, "flows.render_video"),
        (package_hls, "flows.package_hls"),
        (encode_segments, "flows.encode_segments"),
        (transcribe_audio, "flows.transcribe_audio"),
    ],
)
def test_a_flow_is_called_as_before(flow: Flow[..., object], module: str) -> None:
    """Its module, its parameters and what they may be are the function's own."""
    assert flow.fn.__module__ == module
    assert set(flow.parameters.properties) == set(flow.fn.__annotations__) - {"return"}


def test_parameters_become_models() -> None:
    """A storyboard that comes as JSON is read as one."""
    scene = {"narration": "Tea is a leaf.", "on_screen_text": "A leaf"}
    given = {"storyboard": {"title": "Tea", "scenes": [scene]}}
    assert isinstance(make_video.validate_parameters(given)["storyboard"], Storyboard)
