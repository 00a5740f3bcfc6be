"""The README stays true where a program can tell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reels import models
from reels.settings import ALL

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = list((ROOT / "docs").glob("*.md"))
SETTINGS = {f"VIDEO_SERVICE_{name.upper()}" for kind in ALL for name in kind.model_fields}


def test_every_setting_is_in_the_readme_and_no_other() -> None:
    assert set(re.findall(r"VIDEO_SERVICE_[A-Z0-9_]+", README)) == SETTINGS


@pytest.mark.parametrize("limit", [models.MAX_IDEA_CHARS, models.MAX_TEXT_CHARS, models.MAX_SCENES])
def test_the_limits_are_those_of_the_models(limit: int) -> None:
    assert f"{limit:,}" in README


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"make ([a-z-]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", ["README.md", *sorted(f"docs/{p.name}" for p in DOCS)])
def test_every_file_that_a_page_points_to_exists(page: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", (ROOT / page).read_text(encoding="utf-8")):
        path = (ROOT / page).parent / target.partition("#")[0]
        assert target.startswith("https://") or path.exists(), target


def test_every_setting_that_a_page_names_exists() -> None:
    for page in DOCS:
        named = set(re.findall(r"VIDEO_SERVICE_[A-Z0-9_]+[A-Z0-9]", page.read_text("utf-8")))
        assert named <= SETTINGS, page.name
