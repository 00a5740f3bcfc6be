"""The walls of the house: who may import whom."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = {"reels", "flows", "blocks", "api", "deployments"}

#: What each room must not import, of ours and of others'.
FORBIDDEN = {
    "reels": (ROOMS - {"reels"}) | {"prefect", "prefect_aws", "fastapi", "starlette", "boto3"},
    "blocks": {"flows", "api", "deployments"},
    "flows": {"api", "deployments", "fastapi"},
    "api": {"flows", "blocks", "deployments", "boto3"},
}


def imported(file: Path) -> set[str]:
    """The top-level names of everything that `file` imports, at any depth of its code."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("room", sorted(FORBIDDEN))
def test_imports_run_only_from_flows_to_blocks_to_reels_and_from_api_to_reels(room: str) -> None:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    breaches = {
        str(file.relative_to(ROOT)): sorted(found)
        for file in files
        if (found := imported(file) & FORBIDDEN[room])
    }
    assert breaches == {}


def test_a_breach_of_the_walls_would_be_seen(tmp_path: Path) -> None:
    sinner = tmp_path / "sinner.py"
    sinner.write_text("def f():\n    from prefect.client import x\n    import fastapi\n")
    assert imported(sinner) & FORBIDDEN["reels"] == {"prefect", "fastapi"}
