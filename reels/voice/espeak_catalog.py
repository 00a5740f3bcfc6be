"""Which languages and variants espeak-ng has, read from its data files.

Nothing here loads the library, so an API process may ask as often as it likes.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reels.errors import InvalidInput, ProviderError

#: Japanese is left out: the engine reads kana alone and names each kanji in English. So is
#: Cherokee, most of whose letters give no sound. The others are scripts, notations and
#: invented tongues that no narration is written in.
_LEFT_OUT = {
    "ja",
    "chr-us-qaaa-x-west",
    "cmn-latn-pinyin",
    "en-shaw",
    "fa-latn",
    "piqd",
    "qdb",
    "qya",
    "sjn",
    "py",
}
#: Tags in use where the engine has another name, or several voices of the same rank.
_ALIASES = {
    "en": "en-us",
    "zh": "cmn",
    "zh-hk": "yue",
    "zh-mo": "yue",
    "nn": "nb",
    "sh": "hr",
    "iw": "he",
    "in": "id",
    "mo": "ro",
}
_EXAMPLES = "en, en-GB, de, es, fr, it, pl, pt-BR, ru, uk, zh"
_DEFAULT_RANK = 5


@dataclass(frozen=True)
class Install:
    """Where the engine's library and its data lie."""

    library: str
    data: str


@cache
def install() -> Install:
    """The engine that the `espeakng-loader` wheel carries.

    Raises:
        ProviderError: it is not installed.
    """
    if importlib.util.find_spec("espeakng_loader") is None:
        raise ProviderError(
            "espeak",
            "The speech engine espeak-ng is not installed.",
            remedy="Install the package espeakng-loader.",
        )
    import espeakng_loader

    return Install(espeakng_loader.get_library_path(), espeakng_loader.get_data_path())


@cache
def languages() -> dict[str, str]:
    """Every language tag that can be spoken, in lower case, with the engine's voice for it."""
    data = Path(install().data)
    ranked: dict[str, tuple[int, str]] = {}
    for file in sorted(path for path in (data / "lang").rglob("*") if path.is_file()):
        text = file.read_text(encoding="utf-8", errors="replace")
        tags = re.findall(r"^language[ \t]+(\S+)(?:[ \t]+(\d+))?", text, re.MULTILINE)
        dictionary = re.search(r"^dictionary[ \t]+(\S+)", text, re.MULTILINE)
        if not tags or tags[0][0].lower() in _LEFT_OUT:
            continue
        name = dictionary[1] if dictionary else tags[0][0].split("-")[0]
        if not (data / f"{name}_dict").exists():
            continue
        for tag, rank in tags:
            entry = (int(rank or _DEFAULT_RANK), file.name.lower())
            ranked[tag.lower()] = min(entry, ranked.get(tag.lower(), entry))
    found = {tag: voice for tag, (_, voice) in ranked.items()}
    return found | {tag: voice for tag, voice in _ALIASES.items() if voice in found.values()}


@cache
def language_names() -> dict[str, str]:
    """The tags of `languages` that are voices themselves, with the language's English name."""
    names: dict[str, str] = {}
    voices = set(languages().values())
    for file in (Path(install().data) / "lang").rglob("*"):
        if file.is_file() and file.name.lower() in voices & languages().keys():
            text = file.read_text(encoding="utf-8", errors="replace")
            name = re.search(r"^name[ \t]+(\S.*)", text, re.MULTILINE)
            names[file.name.lower()] = name[1].strip() if name else file.name
    return dict(sorted(names.items()))


@cache
def variants() -> dict[str, str]:
    """The engine's variants of a voice: the name in lower case -> the name of its file."""
    files = (Path(install().data) / "voices" / "!v").iterdir()
    return {file.name.lower(): file.name for file in files}


def language_voice(language: str) -> str | None:
    """The engine's voice for a BCP-47 tag, or for its nearest parent; None when it has none.

    `pt-BR` -> `pt-br`, `en-AU` -> `en-us`, `zh-Hans-CN` -> `cmn`.
    """
    subtags = language.lower().replace("_", "-").split("-")
    for count in range(len(subtags), 0, -1):
        found = languages().get("-".join(subtags[:count]))
        if found:
            return found
    return None


def engine_voice(language: str, voice: str, default_variant: str) -> str:
    """The engine's name of a voice, as in `en-us+f2`.

    `voice` is empty, a variant (`f2`), a voice of the language (`en-gb-x-rp`) or both
    (`en-gb-x-rp+f2`).

    Raises:
        InvalidInput: naming `language` or `voice`.
    """
    base = language_voice(language)
    if base is None:
        raise InvalidInput(
            "language",
            f"The voice espeak does not speak {language!r}.",
            remedy=f"Languages that it speaks are {_EXAMPLES} and about 90 more.",
        )
    chosen, _, variant = voice.partition("+")
    if not variant and chosen.lower() in variants() and chosen.lower() not in languages():
        chosen, variant = "", chosen
    if chosen:
        base = _voice_of_language(chosen, language)
    return f"{base}+{_variant(variant)}" if variant else base + default_variant


def _voice_of_language(chosen: str, language: str) -> str:
    found = languages().get(chosen.lower())
    if found is None:
        raise _unknown(chosen)
    if found.split("-")[0] != str(language_voice(language)).split("-")[0]:
        raise InvalidInput(
            "voice",
            f"The voice {chosen!r} does not speak {language!r}.",
            remedy="Leave the voice empty, or name only a variant, as in f2.",
        )
    return found


def _variant(name: str) -> str:
    found = variants().get(name.lower())
    if found is None:
        raise _unknown(name)
    return found


def _unknown(name: str) -> InvalidInput:
    return InvalidInput(
        "voice",
        f"The voice espeak has no variant {name!r}.",
        remedy="Variants that it has are f2, f3, m1, m3, m7, Alex, Annie, Michael and more.",
    )
