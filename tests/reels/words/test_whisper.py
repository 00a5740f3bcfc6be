"""Whisper's own loading, hearing and aligning, on a checkpoint whose answers are known."""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reels.errors import BadOutput, ProviderError
from reels.words import aligner
from reels.words import whisper_checkpoint as checkpoints
from reels.words import whisper_model as models
from tests.reels.sound import assert_covers
from tests.reels.words.conftest import SETTING
from tests.reels.words.whisper_kit import ENGLISH, TOKEN_S, checkpoint, dimensions, sound

pytestmark = pytest.mark.slow
if find_spec("whisper") is None:
    pytest.skip("needs the extra whisper", allow_module_level=True)

RUSSIAN = (
    "У осьминога три сердца, девять мозгов и голубая кровь. "
    "Два сердца качают кровь к жабрам, а третье — ко всему телу."
)


def sizes(text: str, language: str) -> list[int]:
    """The tokens of each word."""
    from whisper.tokenizer import get_tokenizer

    tokenizer = get_tokenizer(True, language=language)
    return [len(tokenizer.encode(f" {word}")) for word in text.split()]


@pytest.mark.parametrize(("language", "text"), [("en", ENGLISH), ("ru", RUSSIAN)])
@pytest.mark.usefixtures("whisper_model")
def test_each_word_is_found_where_the_model_looks(language: str, text: str, tmp_path: Path) -> None:
    tokens = sizes(text, language)
    ends_s = np.cumsum(tokens) * TOKEN_S
    line = sound(tmp_path / "line.wav", ends_s[-1])

    words = aligner("whisper").align(line, text, language)

    assert_covers(words, text, ends_s[-1])
    starts_s = ends_s - np.array(tokens) * TOKEN_S
    for word, start_s, end_s in zip(words, starts_s, ends_s, strict=True):
        assert word.start_s == pytest.approx(start_s, abs=0.07)
        assert word.end_s <= end_s + 0.07
        if word.text.isalpha():
            assert word.end_s == pytest.approx(end_s, abs=0.13)


@pytest.mark.usefixtures("whisper_model")
def test_punctuation_is_left_out_of_the_time_of_its_word(tmp_path: Path) -> None:
    text = "Two hearts, three"
    line = sound(tmp_path / "line.wav", 4 * TOKEN_S)

    _, hearts, three = aligner("whisper").align(line, text, "en")

    assert hearts.end_s == pytest.approx(2 * TOKEN_S, abs=0.07)
    assert three.start_s == pytest.approx(3 * TOKEN_S, abs=0.07)


@pytest.mark.parametrize(
    ("language", "text", "seconds"),
    [
        ("en", (ENGLISH * 5)[:600].strip(), 47.0),
        ("ru", (RUSSIAN * 6)[:600].strip(), 64.0),
        ("zh", "你好世界今天天气很好" * 60, 95.0),
        ("en", "https://sea.example/" + "octopus/" * 40, 50.0),
        ("en", "<|endoftext|> is <|0.00|> text — so is it!", 8.0),
        ("en", "Yes", 0.3),
        ("pt-BR", "Polvos têm três corações?", 3.0),
    ],
    ids=["long English", "long Russian", "one long word", "address", "marks", "short", "region"],
)
@pytest.mark.usefixtures("whisper_model")
def test_lines_of_any_kind_get_a_time_for_every_word(
    language: str, text: str, seconds: float, tmp_path: Path
) -> None:
    words = aligner("whisper").align(sound(tmp_path / "line.wav", seconds), text, language)
    assert_covers(words, text, seconds)


@pytest.mark.usefixtures("whisper_model")
def test_what_whisper_cannot_hear_is_left_to_another(tmp_path: Path) -> None:
    """A language that the model does not know, and more text than fits the sound."""
    for text, language, seconds in ((ENGLISH, "tlh", 6.0), (ENGLISH * 4, "en", 1.0)):
        line = sound(tmp_path / "line.wav", seconds)
        with pytest.raises(BadOutput):
            aligner("whisper").align(line, text, language)


def test_times_that_are_no_numbers_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, str(checkpoint(tmp_path / "nan.pt", spoil=float("nan"))))
    line = sound(tmp_path / "line.wav", 6.0)
    with pytest.raises(BadOutput, match="no numbers"):
        aligner("whisper").align(line, ENGLISH, "en")


def test_a_model_that_looks_nowhere_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same attention for every token gives words no time at all."""
    monkeypatch.setenv(SETTING, str(checkpoint(tmp_path / "flat.pt", spoil=0.0)))
    line = sound(tmp_path / "line.wav", 6.0)
    with pytest.raises(BadOutput):
        aligner("whisper").align(line, ENGLISH, "en")


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 broken", b"\x80\x02}."])
def test_a_broken_checkpoint_is_told_with_its_setting(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.pt").write_bytes(content)
    monkeypatch.setenv(SETTING, str(tmp_path / "broken.pt"))
    with pytest.raises(ProviderError, match=rf"broken\.pt.*{SETTING}") as failed:
        aligner("whisper").align(sound(tmp_path / "line.wav", 1.0), "Yes", "en")
    assert str(tmp_path) not in str(failed.value)


def test_a_checkpoint_that_would_run_code_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pickle

    class Harm:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "harmed"),)

    (tmp_path / "harm.pt").write_bytes(pickle.dumps({"dims": Harm()}))
    monkeypatch.setenv(SETTING, str(tmp_path / "harm.pt"))
    with pytest.raises(ProviderError, match="not a checkpoint"):
        aligner("whisper").align(sound(tmp_path / "line.wav", 1.0), "Yes", "en")
    assert not (tmp_path / "harmed").exists()


def test_a_checkpoint_of_other_sizes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, str(checkpoint(tmp_path / "short.pt", n_audio_ctx=500)))
    with pytest.raises(ProviderError, match="500 positions"):
        aligner("whisper").align(sound(tmp_path / "line.wav", 1.0), "Yes", "en")


def test_a_name_that_is_no_model_is_answered_with_those_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, "colossal")
    with pytest.raises(ProviderError, match=r"colossal.*tiny.*large-v3"):
        aligner("whisper").align(sound(tmp_path / "line.wav", 1.0), "Yes", "en")


def heads(model: Any) -> list[list[int]]:
    found: list[list[int]] = model.alignment_heads.to_dense().int().tolist()
    return found


def test_by_its_path_a_model_of_official_size_gets_its_alignment_heads(tmp_path: Path) -> None:
    """The heads are no part of a checkpoint: Whisper itself forgets them for a path."""
    import whisper

    official = whisper.model.Whisper(whisper.model.ModelDimensions(**dimensions(**_tiny(96))))
    official.set_alignment_heads(whisper._ALIGNMENT_HEADS["tiny"])
    path = checkpoint(
        tmp_path / "mine.pt", n_text_layer=4, n_text_state=66, n_audio_state=66, n_text_head=6
    )

    loaded = models.load(checkpoints.find(str(path)))

    assert heads(loaded) == heads(official)


def _tiny(state: int) -> dict[str, int]:
    """The layers and heads of `tiny`, that wide."""
    layers = {"n_text_layer": 4, "n_text_head": 6, "n_audio_head": 6}
    return {**layers, "n_text_state": state, "n_audio_state": state}


def test_a_checkpoint_of_no_official_size_keeps_the_last_layers_heads(
    whisper_checkpoint: Path,
) -> None:
    assert heads(models.load(checkpoints.find(str(whisper_checkpoint)))) == [[0], [1]]


@contextmanager
def served(folder: Path) -> Any:
    """The folder over HTTP; yields its address and the paths that were asked for."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *words: Any) -> None:
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def name_a_model(monkeypatch: pytest.MonkeyPatch, cache: Path, address: str) -> None:
    import whisper

    monkeypatch.setattr(models, "_held", models._Held())
    monkeypatch.setitem(whisper._MODELS, "tiny", address)
    monkeypatch.setitem(whisper._ALIGNMENT_HEADS, "tiny", _heads_of_two_layers())
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setenv(SETTING, "tiny")


def _heads_of_two_layers() -> bytes:
    import base64
    import gzip

    return base64.b85encode(gzip.compress(np.array([[False], [True]]).tobytes()))


def test_a_named_model_is_fetched_once_and_kept_where_whisper_looks(
    whisper_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = whisper_checkpoint.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    (tmp_path / "web" / digest).mkdir(parents=True)
    (tmp_path / "web" / digest / "tiny.pt").write_bytes(content)
    line = sound(tmp_path / "line.wav", 6.0)
    with served(tmp_path / "web") as (address, asked):
        name_a_model(monkeypatch, tmp_path / "cache", f"{address}/{digest}/tiny.pt")
        assert aligner("whisper").align(line, ENGLISH, "en")
        models._held.model = None
        assert aligner("whisper").align(line, ENGLISH, "en")
    assert asked == [f"/{digest}/tiny.pt"]
    assert [file.name for file in (tmp_path / "cache" / "whisper").iterdir()] == ["tiny.pt"]


def test_a_named_model_that_cannot_be_fetched_fails_at_once_and_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "0" * 64
    (tmp_path / "web" / wrong).mkdir(parents=True)
    (tmp_path / "web" / wrong / "tiny.pt").write_bytes(b"something else")
    line = sound(tmp_path / "line.wav", 1.0)
    with served(tmp_path / "web") as (address, asked):
        for path in (f"{wrong}/tiny.pt", "nowhere/tiny.pt"):
            name_a_model(monkeypatch, tmp_path / "cache", f"{address}/{path}")
            for _ in range(2):
                with pytest.raises(ProviderError, match=f"cannot be fetched.*{SETTING}"):
                    aligner("whisper").align(line, "Yes", "en")
    assert asked.count(f"/{wrong}/tiny.pt") == 1, "a failure is remembered for the other lines"
    assert not list((tmp_path / "cache" / "whisper").iterdir())


def test_a_model_that_would_have_to_be_fetched_is_not_preloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path) as (address, asked):
        name_a_model(monkeypatch, tmp_path / "cache", f"{address}/{'0' * 64}/tiny.pt")
        models.preload("tiny")
    assert asked == []


@pytest.mark.usefixtures("whisper_model")
def test_threads_take_their_turns_with_the_one_model(tmp_path: Path) -> None:
    lines = [sound(tmp_path / f"{n}.wav", 6.0 + n) for n in range(6)]
    alone = [aligner("whisper").align(line, ENGLISH, "en") for line in lines]
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(aligner("whisper").align, line, ENGLISH, "en") for line in lines]
        assert [each.result() for each in asked] == alone
