"""What the services take, in US dollars for one unit. A table, with its date.

Vendors change prices without notice: `VIDEO_SERVICE_PRICES_FILE` names a JSON file
{"as_of": "2026-11-01", "prices": {"gemini": {"MODEL": {"UNIT": USD}}}} whose entries go
before these. A model is found by its name, then by the longest entry that it starts with,
then by `*`. Sources: the vendors' public price pages as of the date below.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from reels.errors import InvalidInput
from reels.models import Model
from reels.settings import ProviderSettings

AS_OF = "2026-11-01"
_MILLION = 1e-6

Units = Mapping[str, float]

#: `input_token` and `output_token` (thoughts count as output), `picture`, `character`,
#: `credit`, `second` of music, `request`.
PRICES: dict[str, dict[str, dict[str, float]]] = {
    "gemini": {
        "gemini-3.8-flash": {"input_token": 0.50 * _MILLION, "output_token": 3.00 * _MILLION},
        "gemini-3.5-flash-lite": {"input_token": 0.10 * _MILLION, "output_token": 0.40 * _MILLION},
        "gemini-3.1-flash-image": {
            "input_token": 0.50 * _MILLION,
            "output_token": 3.00 * _MILLION,
            "picture": 0.067,
        },
        "gemini-3-pro-image": {
            "input_token": 2.00 * _MILLION,
            "output_token": 12.0 * _MILLION,
            "picture": 0.134,
        },
        "gemini-3.8-flash-tts": {"input_token": 0.50 * _MILLION, "output_token": 10.0 * _MILLION},
        "lyria": {"request": 0.06},
        "*": {"input_token": 2.00 * _MILLION, "output_token": 12.0 * _MILLION, "picture": 0.134},
    },
    "elevenlabs": {
        "music": {"second": 0.0135, "credit": 0.00030},
        "forced_alignment": {"second": 0.40 / 3600, "credit": 0.00030},
        "*": {"character": 0.00030, "credit": 0.00030, "second": 0.0135},
    },
    "pexels": {"*": {"request": 0.0}},
    "pixabay": {"*": {"request": 0.0}},
}


class PriceFile(Model):
    """A table of one's own."""

    as_of: str
    prices: dict[str, dict[str, dict[str, float]]]


def price_usd(service: str, model: str, units: Units) -> float:
    """What these units cost; a unit without a price costs nothing."""
    table = _prices(service, model)
    return sum(table.get(unit, 0.0) * count for unit, count in units.items())


def as_of() -> str:
    """The date of the table in use."""
    own = _own_prices(ProviderSettings().prices_file)
    return own.as_of if own else AS_OF


def _prices(service: str, model: str) -> dict[str, float]:
    own = _own_prices(ProviderSettings().prices_file)
    known = {**PRICES.get(service, {}), **(own.prices.get(service, {}) if own else {})}
    if model in known:
        return known[model]
    fitting = [name for name in known if name != "*" and model.startswith(name)]
    return known.get(max(fitting, key=len) if fitting else "*", {})


@lru_cache(maxsize=4)
def _own_prices(path: Path | None) -> PriceFile | None:
    if path is None:
        return None
    try:
        return PriceFile.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise InvalidInput(
            "prices_file",
            f"The table of prices {path.name} cannot be used: {error}.",
            remedy="See VIDEO_SERVICE_PRICES_FILE in the README.",
        ) from error
