"""A checkpoint in Whisper's format that is small and whose alignment is known.

Its weights are set, not trained: token n of a text is spoken from `n * TOKEN_S` to
`(n + 1) * TOKEN_S` after the window's start, and in every sound it hears the text `says`.
Loading, tokenising, hearing and aligning are Whisper's own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.reels.sound import write_wav

ENGLISH = (
    "The octopus has three hearts, nine brains and blue blood. "
    "Two hearts pump blood to the gills; the third serves the body."
)

TOKEN_S = 0.24
#: Start, language and task stand before the text; "no times" before its first token.
_BEFORE = 3
_POSITION_S = 0.02
#: The logit of what the model says, and how much louder positions are than tokens.
_SURE, _LOUD = 30.0, 10.0


def sound(to: Path, seconds: float) -> Path:
    """Sound without a pause, so that no time is moved to the edge of one."""
    samples = np.random.default_rng(0).normal(0, 0.1, round(16_000 * seconds))
    return write_wav(to, samples, 16_000)


def dimensions(**changed: int) -> dict[str, int]:
    return {
        "n_mels": 80,
        "n_audio_ctx": 1500,
        "n_audio_state": 64,
        "n_audio_head": 1,
        "n_audio_layer": 1,
        "n_vocab": 51865,
        "n_text_ctx": 448,
        "n_text_state": 64,
        "n_text_head": 1,
        "n_text_layer": 2,
        **changed,
    }


def checkpoint(
    to: Path,
    *,
    says: str = "Two hearts stop.",
    language: str = "en",
    spoil: float | None = None,
    **changed: int,
) -> Path:
    """Write a checkpoint. `spoil` is put in place of its attention, as nan is."""
    import torch
    from whisper.model import ModelDimensions, Whisper

    torch.manual_seed(0)
    dims = dimensions(**changed)
    model = Whisper(ModelDimensions(**dims))
    with torch.no_grad():
        _look_along(model, dims)
        _say(model, says, language)
        if spoil is not None:
            for block in model.decoder.blocks:
                block.cross_attn.query.weight.fill_(spoil)
    torch.save({"dims": dims, "model_state_dict": model.state_dict()}, to)
    return to


def _look_along(model: Any, dims: dict[str, int]) -> None:
    """The encoder tells positions alone, and the decoder asks for the position of its token."""
    import torch
    from whisper.model import sinusoids

    for layer in (model.encoder.conv1, model.encoder.conv2):
        layer.weight.zero_()
        layer.bias.zero_()
    for block in (*model.encoder.blocks, *model.decoder.blocks):
        for silent in (block.attn.out, block.mlp[2], *_cross_out(block)):
            silent.weight.zero_()
            silent.bias.zero_()
    state = dims["n_text_state"]
    for block in model.decoder.blocks:
        block.cross_attn.query.weight.copy_(torch.eye(state) * 8)
        block.cross_attn.query.bias.zero_()
        block.cross_attn.key.weight.copy_(torch.eye(state))
    step = round(TOKEN_S / _POSITION_S)
    clock = sinusoids((dims["n_text_ctx"] + 1) * step, state)
    rows = [
        (row - _BEFORE) % dims["n_text_ctx"] * step + step // 2 for row in range(dims["n_text_ctx"])
    ]
    places = clock[rows]
    # Slow waves tell no times apart: in their room each place has a mark of its own.
    marks = _marks(state)
    places[:, marks] = torch.randn(len(places), len(marks)).sign()
    for block in model.decoder.blocks:
        block.cross_attn.query.weight[marks] = 0
    model.decoder.positional_embedding.copy_(places * _LOUD)
    model.decoder.token_embedding.weight.mul_(0.001)


def _marks(state: int) -> list[int]:
    half = state // 2
    return [at for at in range(state) if at % half > 0.6 * half]


def _say(model: Any, text: str, language: str) -> None:
    """At each place of the text its token is the likeliest; at the first, the language."""
    from whisper.tokenizer import get_tokenizer

    tokenizer = get_tokenizer(
        model.is_multilingual, num_languages=model.num_languages, language=language
    )
    tokens = [*tokenizer.encode(f" {text}"), tokenizer.eot]
    rows = list(range(_BEFORE, _BEFORE + len(tokens)))
    if model.is_multilingual:
        tokens, rows = [tokenizer.to_language_token(language), *tokens], [0, *rows]
    marks = _marks(model.dims.n_text_state)
    for token, row in zip(tokens, rows, strict=True):
        mark = model.decoder.positional_embedding[row, marks].sign()
        model.decoder.token_embedding.weight[token, marks] += mark * _SURE / len(marks)


def _cross_out(block: Any) -> list[Any]:
    return [block.cross_attn.out] if block.cross_attn else []
