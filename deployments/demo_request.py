"""What the demo asks for: a text, or an idea, in a language; checked before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from deployments.pools import REPOSITORY
from reels.errors import InvalidInput
from reels.models import MAX_TEXT_CHARS, VideoRequest

DEFAULT_LANGUAGE = "en"


def demo_body(given: Mapping[str, str]) -> dict[str, Any]:
    """The body of `POST /videos`, from DEMO_IDEA, DEMO_TEXT (a file) and DEMO_SPOKEN.

    Words are aligned rather than taken from the voice, so that all three pools have work.

    Raises:
        InvalidInput: naming IDEA, TEXT or SPOKEN.
    """
    idea, text_file = given.get("DEMO_IDEA", "").strip(), given.get("DEMO_TEXT", "").strip()
    language = given.get("DEMO_SPOKEN", "").strip()
    if idea and text_file:
        raise InvalidInput("TEXT", "IDEA and TEXT are both given.", remedy="Give one of them.")
    body: dict[str, Any] = {"language": language or DEFAULT_LANGUAGE, "words": "align"}
    if idea:
        body["idea"] = idea
    else:
        body["text"] = read_text(Path(text_file) if text_file else default_text(language))
    _check(body)
    return body


def default_text(language: str) -> Path:
    """The text that ships in `language`, English when none does.

    Raises:
        InvalidInput: no text ships in this language.
    """
    suffix = "" if language in ("", DEFAULT_LANGUAGE) else f".{language.partition('-')[0]}"
    path = REPOSITORY / "examples" / f"demo{suffix}.md"
    if not path.is_file():
        raise InvalidInput(
            "SPOKEN",
            f"No example text ships in {language!r}.",
            remedy=f'Give one: make demo SPOKEN={language} TEXT=file, or IDEA="...".',
        )
    return path


def read_text(path: Path) -> str:
    """The text in a file. Raises InvalidInput naming TEXT."""
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except FileNotFoundError:
        raise InvalidInput("TEXT", f"There is no file {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("TEXT", f"{path} cannot be read as UTF-8 text: {error}.") from None
    if not text:
        raise InvalidInput("TEXT", f"{path} is empty.")
    if len(text) > MAX_TEXT_CHARS:
        raise InvalidInput(
            "TEXT", f"{path} has {len(text)} characters; {MAX_TEXT_CHARS} are the most."
        )
    return text


def _check(body: dict[str, Any]) -> None:
    names = {"idea": "IDEA", "text": "TEXT", "language": "SPOKEN"}
    try:
        VideoRequest.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else "text"
        raise InvalidInput(names.get(field, field), f"{first['msg']}.") from None
