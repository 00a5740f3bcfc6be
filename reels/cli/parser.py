"""What can be asked for on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import suppress

from reels import __version__


class Asked(argparse.Namespace):
    """A command and its options."""

    command: str
    traceback: bool
    timeline: str
    output: str
    preview: bool
    cache: str | None
    cache_limit: float | None
    workers: int | None
    encoder: str | None
    quiet: bool


def parse(arguments: Sequence[str] | None = None) -> Asked:
    """Read the arguments; help, the version and mistakes end the program."""
    parser = argparse.ArgumentParser(
        prog="python -m reels",
        description="Make videos out of timeline files.",
        epilog="docs/timeline.md describes timeline files. Exit codes: 0 done, 1 failed, 2 what "
        "was given is wrong, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"Reelwright {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_render(commands)
    _add_check(commands)
    schema = commands.add_parser(
        "schema",
        help="print the JSON schema of timeline files",
        description="Print the JSON schema of timeline files, for editors and other programs.",
    )
    schema.set_defaults(traceback=False)
    return parser.parse_args(arguments, Asked())


def _add_render(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    render = commands.add_parser(
        "render",
        help="make a video",
        description="Make a video. Segments of two seconds and the sound are kept in a cache: "
        "only what has changed since the last time is made again, and a render that was "
        "stopped goes on where it was.",
    )
    _add_timeline(render)
    render.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="the video to write, an .mp4 file"
    )
    render.add_argument(
        "--preview", action="store_true", help="a quick look: half the width and height"
    )
    render.add_argument(
        "--cache",
        metavar="DIR",
        help="where segments are kept (default: reelwright/segments in the user's cache)",
    )
    render.add_argument(
        "--cache-limit",
        metavar="GB",
        type=_size,
        help="how large the cache may stay; what was used least recently goes first (default: 4)",
    )
    render.add_argument(
        "--workers",
        metavar="N",
        type=_count,
        help="segments that are encoded side by side (default: the number of cores)",
    )
    render.add_argument(
        "--encoder",
        metavar="NAME",
        help="libx264 (the default), h264_nvenc, h264_qsv, h264_videotoolbox, or auto: hardware "
        "that works here. Hardware is faster and its files are larger; where it does not work, "
        "libx264 is used",
    )
    render.add_argument("--quiet", action="store_true", help="print errors only")


def _add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = commands.add_parser(
        "check",
        help="look a timeline file over without making a video",
        description="Read a timeline file, find its media and decode its pictures and sounds.",
    )
    _add_timeline(check)


def _add_timeline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("timeline", metavar="TIMELINE", help="the timeline, a JSON file")
    parser.add_argument("--traceback", action="store_true", help=argparse.SUPPRESS)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError("it must be 1 to 64")
    return int(text)


def _size(text: str) -> float:
    with suppress(ValueError):
        if 0 <= float(text) <= 1e6:
            return float(text)
    raise argparse.ArgumentTypeError("it must be a number from 0 to 1000000")
