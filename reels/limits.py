"""What a child process may use, and what media may be, with where the numbers come from.

Files of users are hostile until proven harmless: a 656 KB picture of 15000² pixels takes
700 MB, a playlist with a video's name opens another file, and ffmpeg runs on through
SIGTERM at a gap in the time stamps.
"""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """What the kernel grants a child; None is no limit.

    `memory_bytes` is RLIMIT_DATA: what it allocates. RLIMIT_AS would count addresses that
    are only reserved, 0.6 GB of them before the first frame and more on larger machines.
    `cpu_s` is RLIMIT_CPU. `file_bytes` is RLIMIT_FSIZE, the largest file that it may write;
    pipes do not count.
    """

    memory_bytes: int | None = None
    cpu_s: int | None = None
    file_bytes: int | None = None


#: A child that reads what we made ourselves. 1.5 GB is enough to encode 1080×1920.
OURS = Limits(memory_bytes=3 << 30, file_bytes=16 << 30)

#: A child that decodes a user's file to a pipe. Measured with one thread: 0.15 GB for H.264
#: in 1080p, 0.45 GB for ProRes 4444 in 4K, 0.98 GB for 10-bit HDR HEVC in 8K, its tone
#: mapping included. 60 frames of 4K HDR take 5 CPU seconds, the way to them up to 12 more.
UNTRUSTED = Limits(memory_bytes=1 << 30, cpu_s=120, file_bytes=0)

#: 8K has 33 million pixels.
MAX_PIXELS = 40_000_000
#: A clip or a sound is used up to here: a broken file may claim to last for days.
MAX_MEDIA_S = 7200

#: A child that decodes a user's sound to a file of 32-bit floats, stereo at 48 kHz.
#: Measured: 0.05 GB; 20 CPU seconds for two hours.
UNTRUSTED_SOUND = Limits(
    memory_bytes=512 << 20, cpu_s=120, file_bytes=(MAX_MEDIA_S + 1) * 48_000 * 2 * 4
)

#: Two hours at 120 frames a second.
MAX_FRAMES = 900_000
MIN_SIDE_PX = 16
#: To look a clip over means to read all of it once.
LOOK_TIMEOUT_S = 120.0
#: A clip is read as fast as its segment is encoded: at most 2 s of video.
READ_TIMEOUT_S = 600.0

#: Containers of clips. Not among them: playlists (hls, concat, dash), which open other
#: files, and patterns of pictures (image2).
CLIP_FORMATS = ("mov", "matroska", "avi", "mpegts", "gif")
#: What cameras, phones, editors and stock libraries write; each other decoder is one more
#: that a hostile file could try.
CLIP_DECODERS = (
    "h264", "hevc", "vp8", "vp9", "libvpx", "libvpx-vp9", "libdav1d", "av1",
    "mpeg4", "mpeg2video", "mpeg1video", "h263", "msmpeg4v3", "dvvideo", "theora",
    "mjpeg", "png", "gif", "qtrle", "prores", "dnxhd", "cfhd", "ffv1", "rawvideo",
)  # fmt: skip

SOUND_FORMATS = ("wav", "mp3", "mov", "matroska", "flac", "ogg", "aac", "mpegts")
SOUND_DECODERS = (
    "pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be",
    "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_alaw", "pcm_mulaw", "adpcm_ms", "adpcm_ima_wav",
    "mp3", "mp3float", "mp2", "mp2float", "aac", "aac_latm", "ac3", "eac3", "alac", "flac",
    "opus", "libopus", "vorbis", "libvorbis",
)  # fmt: skip
