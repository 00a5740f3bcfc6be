"""What earlier releases have kept is read: `old/{model}.{version}.json`, each as it was written.

An example is never changed or taken out. A model whose examples are no longer read needs an
upgrade in `reels.documents`; one that has a new version needs an example of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.input.actions import create_flow_run_input
from prefect.input.run_input import Keyset
from pydantic import BaseModel

from api.identity.keyring import KeyRecord
from flows.approvals import DraftApproval
from flows.drafting import Draft
from flows.falling import Choice
from flows.library import LibraryChoices
from flows.stock import StockChoices
from flows.subtitles import Subtitles
from reels import documents
from reels.cloud.charges import Charge
from reels.decisions import DraftDecision, SubtitlesDecision
from reels.documents import UPGRADES, answered, read
from reels.film import FilmFacts, OwnFilm, OwnPackage, Package
from reels.manifest import Manifest
from reels.models import Storyboard, VideoRequest
from reels.plans import Rendered, RenderPlan, Transcribed, TranscribePlan
from reels.scenarios.manifest import ScenarioManifest
from reels.scenarios.models import Scenario
from reels.scenarios.running import End
from reels.transcripts import Transcript
from reels.webhooks.registry import _Kept
from reels.webhooks.secrets import Secrets

OLD = Path(__file__).parent / "old"
#: All that is kept for longer than a release, but for what is cache.
KINDS: tuple[type[BaseModel], ...] = (
    *(VideoRequest, Storyboard, Draft, Choice, LibraryChoices, StockChoices),
    *(DraftDecision, SubtitlesDecision, Subtitles),
    *(RenderPlan, TranscribePlan, OwnFilm, Rendered, Transcribed, OwnPackage, Transcript),
    *(Manifest, Charge, Package, FilmFacts),
    *(Scenario, ScenarioManifest, End),
    *(KeyRecord, _Kept, Secrets),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_version_of_a_document_is_read(kind: type[BaseModel]) -> None:
    for version in range(1, 2 + len(UPGRADES.get(kind.__name__, ()))):
        file = OLD / f"{kind.__name__}.{version}.json"
        found = read(kind, file.read_bytes(), file.name)
        assert file.stem.endswith(f".{version}")
        if version == 1 + len(UPGRADES.get(kind.__name__, ())):
            told = found.model_dump(mode="json")
            assert _lost(json.loads(file.read_text()), told) == []


def test_there_is_an_example_of_nothing_else() -> None:
    names = {kind.__name__ for kind in KINDS}
    assert {file.name.partition(".")[0] for file in OLD.iterdir()} == names


def _lost(kept: Any, told: Any, place: str = "") -> list[str]:
    """Where what was kept is not what was read: a field that is gone, or has another value."""
    if isinstance(kept, dict) and isinstance(told, dict):
        parts = [(key, value, told.get(key)) for key, value in kept.items()]
    elif isinstance(kept, list) and isinstance(told, list) and len(kept) == len(told):
        parts = [(str(at), *pair) for at, pair in enumerate(zip(kept, told, strict=True))]
    else:
        return [] if _same(kept, told) else [f"{place}: {kept!r} became {told!r}"]
    return [lost for key, old, new in parts for lost in _lost(old, new, f"{place}.{key}")]


def _same(kept: Any, told: Any) -> bool:
    """Times and numbers may be written in more than one way."""
    is_number = isinstance(kept, int | float) and isinstance(told, int | float)
    return kept == told or (is_number and float(kept) == float(told))


@pytest.mark.slow
@pytest.mark.usefixtures("prefect_environment")
def test_the_form_of_an_earlier_release_still_takes_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A job waits with the form that it has shown; the server holds answers to that form."""

    def renamed(found: dict[str, Any]) -> dict[str, Any]:
        found["comment"] = found.pop("remark")
        return found

    @flow
    def waiting() -> None:
        pass

    keyset: Keyset = {"description": "d", "response": "r", "schema": "s"}
    with get_client(sync_client=True) as client:
        run = client.create_flow_run(waiting)
    create_flow_run_input("r", {"action": "revise", "remark": "Shorter."}, run.id)
    monkeypatch.setattr(documents, "UPGRADES", {"DraftDecision": (renamed,)})
    answer = DraftApproval.load(keyset, run.id)
    assert answered(DraftDecision, answer.given) == DraftDecision(
        action="revise", comment="Shorter."
    )
