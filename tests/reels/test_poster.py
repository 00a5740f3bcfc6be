from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reels.errors import RenderError
from reels.poster import poster
from reels.segments import encode_all, join, plan
from tests.reels.render_kit import SMALL, decoded, timeline


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("video")
    parts = encode_all(plan(timeline(folder, (50, 40))), folder / "parts", 2)
    return join(parts, None, folder / "final.mp4", work=folder)


@pytest.mark.parametrize("at_s", [0.0, 1.0, 2.5, 99.0])
def test_a_poster_is_the_frame_of_its_time(video: Path, tmp_path: Path, at_s: float) -> None:
    with Image.open(poster(video, at_s, tmp_path / "poster.jpg")) as image:
        assert (image.format, image.size) == ("JPEG", SMALL)
        shown = np.asarray(image).astype(int)
    wanted = decoded(video)[min(round(at_s * 30), 89)].astype(int)
    assert np.abs(shown - wanted).mean() < 4


def test_what_is_no_video_has_no_poster(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(b"not a video")
    with pytest.raises(RenderError, match=r"x\.mp4 cannot be read"):
        poster(tmp_path / "x.mp4", 0.0, tmp_path / "poster.jpg")
