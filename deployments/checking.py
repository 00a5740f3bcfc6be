"""Settings are found possible before anything is started."""

from __future__ import annotations

from pydantic import ValidationError

from api.identity import check_entry
from reels.errors import InvalidInput
from reels.observing.starting import check_installed
from reels.settings import ALL, ApiSettings, AuthSettings, ObservingSettings


def check_settings() -> None:
    """Read all settings, those of other processes too, and see who they would let in.

    Raises:
        InvalidInput: naming the setting and what is wrong with it.
    """
    try:
        for settings in ALL:
            settings()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        setting = f"VIDEO_SERVICE_{'.'.join(map(str, first['loc'])).upper()}"
        reason = str(first["msg"]).removeprefix("Value error, ")
        told = reason if setting in reason else f"{setting}: {reason}"
        raise InvalidInput(setting, f"{told}.", remedy="Change it and start again.") from None
    check_installed(ObservingSettings())
    check_entry(AuthSettings(), ApiSettings())
