"""Speaks one line with espeak-ng and ends: the child of `reels.voice.espeak`.

A request comes as JSON on stdin, the speech goes to a WAV file at the engine's own rate
(mono, 16 bit), and its events come as JSON on stdout:

    {"library", "data", "voice", "text", "to", "rate_wpm", "pitch", "pitch_range",
     "word_gap", "time_limit_s"}
    {"rate_hz", "samples", "events": [[kind, position, sample], ...]}

`kind` is "word" (a word begins), "sound" (a phoneme begins) or "pause" (silence begins);
`position` counts the characters of the text from 0 and is 0 for all but words. A failure is
`{"error": "..."}` and exit status 1.

Why a process of its own: espeak-ng keeps global state, so that only a fresh process gives
the same bytes again; it can be killed; and its GPL code stays apart from ours. The file
imports nothing of ours, so that it starts in some 30 ms when it is run by its path.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import wave
from typing import Any

# From espeak-ng's speak_lib.h and espeak_ng.h.
_SYNCHRONOUS = 2
_PHONEME_EVENTS = 0x0001
_DONT_EXIT = 0x8000
_UTF8 = 1
_FROM_CHARACTER = 1
_RATE, _VOLUME, _PITCH, _PITCH_RANGE, _WORD_GAP = 1, 2, 3, 4, 7
_END, _WORD, _PHONEME = 0, 1, 7
_VOLUME_BELOW_CLIPPING = 80

_PR_SET_PDEATHSIG = 1


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class _Recorder:
    """Keeps what the engine hands to its callback."""

    def __init__(self) -> None:
        self.pcm = bytearray()
        self.events: list[tuple[str, int, int]] = []

    def __call__(self, pcm: Any, count: int, events: Any) -> int:
        index = 0
        while events[index].type != _END:
            self._note(events[index])
            index += 1
        if pcm and count:
            self.pcm += ctypes.string_at(pcm, 2 * count)
        return 0

    def _note(self, event: _Event) -> None:
        if event.type == _WORD:
            self.events.append(("word", event.text_position - 1, event.sample))
        elif event.type == _PHONEME:
            # Phonemes of silence are `_`, `_:`, `_!` and the like.
            silent = bytes(event.id.string).startswith(b"_") or not event.id.string
            self.events.append(("pause" if silent else "sound", 0, event.sample))


def speak(request: dict[str, Any]) -> dict[str, Any]:
    """Speak `request["text"]` into the file `request["to"]`; returns the reply.

    Raises:
        RuntimeError: the engine refused the voice or the text.
        OSError: the library cannot be loaded or the file cannot be written.
    """
    engine = ctypes.CDLL(request["library"])
    options = _PHONEME_EVENTS | _DONT_EXIT
    rate_hz = engine.espeak_Initialize(_SYNCHRONOUS, 0, request["data"].encode(), options)
    if rate_hz <= 0:
        raise RuntimeError("espeak-ng did not start")
    if engine.espeak_SetVoiceByName(request["voice"].encode()) != 0:
        raise RuntimeError(f"espeak-ng has no voice {request['voice']!r}")
    _set_parameters(engine, request)
    recorder = _Recorder()
    callback = _CALLBACK(recorder)
    engine.espeak_SetSynthCallback(callback)
    _synthesise(engine, request["text"])
    with wave.open(request["to"], "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(bytes(recorder.pcm))
    return {"rate_hz": rate_hz, "samples": len(recorder.pcm) // 2, "events": recorder.events}


def _set_parameters(engine: ctypes.CDLL, request: dict[str, Any]) -> None:
    for parameter, value in (
        (_RATE, request["rate_wpm"]),
        (_VOLUME, _VOLUME_BELOW_CLIPPING),
        (_PITCH, request["pitch"]),
        (_PITCH_RANGE, request["pitch_range"]),
        (_WORD_GAP, request["word_gap"]),
    ):
        engine.espeak_SetParameter(parameter, int(value), 0)


def _synthesise(engine: ctypes.CDLL, text: str) -> None:
    engine.espeak_Synth.argtypes = [
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    encoded = ctypes.create_string_buffer(text.encode())
    # UTF-8 and no other flag: neither SSML nor [[phonemes]] are understood, all is text.
    status = engine.espeak_Synth(encoded, len(encoded), 0, _FROM_CHARACTER, 0, _UTF8, None, None)
    if status != 0:
        raise RuntimeError(f"espeak-ng refused the text (status {status})")


def _end_with_parent(time_limit_s: float) -> None:
    # The alarm bounds an orphan everywhere; Linux ends it at once.
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, time_limit_s)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def main() -> int:
    request = json.load(sys.stdin)
    _end_with_parent(float(request["time_limit_s"]))
    try:
        reply = speak(request)
    except (RuntimeError, OSError, AttributeError) as error:
        reply = {"error": str(error)}
    sys.stdout.write(json.dumps(reply))
    sys.stdout.flush()
    # The library's own clean-up has nothing to do that the end of the process does not.
    os._exit(1 if "error" in reply else 0)


if __name__ == "__main__":
    main()
