"""Parts become one file: packets are copied, nothing is encoded again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from reels.errors import RenderError

#: Opening a file decodes its first frames to learn what its header says already, 30 ms for
#: each part of a large picture; with no decoder allowed there is nothing to try.
_NO_DECODER = {"codec_whitelist": "none"}

_Packet: TypeAlias = "Packet[VideoStream] | Packet[AudioStream]"


def join(parts: Sequence[Path], audio: Path | None, to: Path, *, work: Path) -> Path:
    """Join encoded parts, in order, and `audio` (AAC in MP4) into the MP4 file `to`.

    The index stands before the media (`+faststart`), so that playing starts at once. The
    file is made in the directory of `to` and renamed. `work` may be any directory; it
    takes nothing that is large.

    Every part's time stamps are moved by the frames before it. All decoding times have the
    longest reordering delay of a part, so that they go on without a gap where parts meet:
    a part of a frame or two has less of its own, or none.

    Raises:
        RenderError: no parts, or parts that were not encoded alike.
    """
    if not parts:
        raise RenderError("There are no parts to join.")
    to.parent.mkdir(parents=True, exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=to.parent, prefix=".join-", suffix=".mp4")
    os.close(handle)
    beside = Path(name)
    try:
        _write(parts, audio, beside)
        beside.chmod(0o644)
        os.replace(beside, to)
    except av.FFmpegError as error:
        raise RenderError(f"The parts could not be joined: {error}.") from error
    finally:
        beside.unlink(missing_ok=True)
    return to


def _write(parts: Sequence[Path], audio: Path | None, to: Path) -> None:
    delay = max(_delay_s(part) for part in parts)
    with av.open(str(parts[0])) as first:
        head = first.streams.video[0]
        with _opened(to, head) as target:
            video = target.add_stream_from_template(head)
            video.time_base = head.time_base
            sources = [_video_packets(parts, video, delay)]
            if audio is None:
                _mux(target, sources)
                return
            with av.open(str(audio)) as sound:
                sources.append(_audio_packets(sound, target))
                _mux(target, sources)


def _opened(to: Path, like: VideoStream) -> OutputContainer:
    assert like.time_base is not None
    options = {
        "movflags": "+faststart",
        "fflags": "+bitexact",
        # Left to itself, FFmpeg changes a clock of fewer than 10,000 ticks a second.
        "video_track_timescale": str(like.time_base.denominator),
    }
    return av.open(str(to), "w", format="mp4", container_options=options)


def _delay_s(part: Path) -> Fraction:
    """How much sooner than it is shown the first frame is decoded."""
    with av.open(str(part), container_options=_NO_DECODER) as source:
        for packet in source.demux(source.streams.video[0]):
            if packet.pts is not None and packet.dts is not None:
                return (packet.pts - packet.dts) * packet.time_base
    return Fraction(0)


def _video_packets(
    parts: Sequence[Path], stream: VideoStream, delay_s: Fraction
) -> Iterator[_Packet]:
    """The packets of all parts on one time line."""
    headers: bytes | None = None
    delay = int(delay_s / stream.time_base) if stream.time_base else 0
    start = 0
    for part in parts:
        with av.open(str(part), container_options=_NO_DECODER) as source:
            video = source.streams.video[0]
            extradata = video.codec_context.extradata
            headers = headers or extradata
            if extradata != headers or video.time_base != stream.time_base:
                raise RenderError(f"The part {part.name} was not encoded like the first one.")
            frames = own_delay = 0
            for packet in source.demux(video):
                if packet.size == 0 or packet.pts is None or packet.dts is None:
                    continue
                if frames == 0:
                    own_delay = packet.pts - packet.dts
                packet.pts += start
                packet.dts += start + own_delay - delay
                packet.stream = stream
                frames += 1
                yield packet
            start += frames * _ticks_per_frame(video)


def _ticks_per_frame(video: VideoStream) -> int:
    rate, base = video.average_rate, video.time_base
    assert rate is not None
    assert base is not None
    return round(1 / (rate * base))


def _audio_packets(sound: InputContainer, target: OutputContainer) -> Iterator[_Packet]:
    source: AudioStream = sound.streams.audio[0]
    stream = target.add_stream_from_template(source)
    stream.time_base = source.time_base
    return _moved(sound, source, stream)


def _moved(sound: InputContainer, source: AudioStream, stream: AudioStream) -> Iterator[_Packet]:
    for packet in sound.demux(source):
        if packet.size and packet.dts is not None:
            packet.stream = stream
            yield packet


def _mux(target: OutputContainer, sources: Sequence[Iterator[_Packet]]) -> None:
    """Write packets in order of time, so that sound and picture lie side by side."""
    heads = [(source, packet) for source in sources if (packet := next(source, None))]
    while heads:
        earliest = min(range(len(heads)), key=lambda i: _seconds(heads[i][1]))
        source, packet = heads[earliest]
        target.mux(packet)
        following = next(source, None)
        if following is None:
            del heads[earliest]
        else:
            heads[earliest] = (source, following)


def _seconds(packet: _Packet) -> Fraction:
    assert packet.dts is not None
    return packet.dts * packet.time_base
