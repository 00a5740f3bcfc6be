from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from reels.cli import main
from reels.document.schema import schema_text
from tests.reels.cli.kit import command, environment, run
from tests.reels.document.kit import write
from tests.reels.render_kit import decoded, speech_like, write_wav

pytestmark = pytest.mark.slow


def test_a_render_says_what_it_does_and_what_came_of_it(tmp_path: Path) -> None:
    write_wav(tmp_path / "голос.wav", speech_like(0.6, 0.1))
    write(tmp_path, lines=[{"media": "голос.wav", "start_s": 0.5}])
    ran = run(tmp_path, "render", "timeline.json", "-o", "вышло/видео.mp4")
    assert ran.returncode == 0
    assert re.fullmatch(
        r"вышло/видео\.mp4: 2\.00 s, 180x320, -1[34]\.\d LUFS, 3 of 3 segments encoded by libx264, "
        r"in \d+\.\d s\.\n",
        ran.stdout,
    )
    said = ran.stderr.splitlines()
    assert said[0] == "Encoding segments: 0 %"
    assert said[-3:] == ["Encoding segments: 100 %", "Mixing the sound", "Joining and checking"]
    assert len(decoded(tmp_path / "вышло/видео.mp4")) == 60
    assert (tmp_path / "xdg/reelwright/segments").is_dir()


def test_quiet_says_nothing(tmp_path: Path) -> None:
    ran = run(tmp_path, "render", write(tmp_path), "-o", "v.mp4", "--quiet", "--preview")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert decoded(tmp_path / "v.mp4")[0].shape == (160, 90, 3)


def test_a_terminal_shows_a_bar(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        command("render", write(tmp_path), "-o", "v.mp4"),
        cwd=tmp_path,
        env=environment(tmp_path) | {"TERM": "xterm", "COLUMNS": "100"},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while piece := _read(ours):
        shown += piece
    os.close(ours)
    assert child.wait() == 0
    assert "Encoding segments" in shown.decode()
    assert "━" in shown.decode()
    assert "100%" in shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:
        # What Linux says of a terminal that nobody writes to any more.
        return b""


def test_an_error_is_one_line_with_its_place_and_no_traceback(tmp_path: Path) -> None:
    file = write(tmp_path, shots=[{"media": "a.png", "frames": 9, "motoin": "none"}])
    ran = run(tmp_path, "render", file, "-o", "v.mp4")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == (
        "error: shots.0.motoin: There is no field 'motoin'. Did you mean 'motion'?\n"
    )
    assert not (tmp_path / "v.mp4").exists()


def test_a_failure_has_another_code_than_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    arguments = ["-o", str(tmp_path / "v.mp4"), "--cache", str(tmp_path / "file")]
    assert main(["render", str(write(tmp_path)), *arguments]) == 1
    assert "cannot be used: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["render", "no.json", "-o", "v.mp4"], "timeline: There is no file no.json."),
        (["check", "no.json"], "timeline: There is no file no.json."),
        (["render", "timeline.json", "-o", "timeline.json"], "to: The video timeline.json"),
        (["render", "timeline.json", "-o", "v.mp4", "--encoder", "x"], "no encoder 'x'"),
        (["render", "empty.json", "-o", "v.mp4"], "shots.0.media: The file "),
    ],
)
def test_bad_input_is_told_with_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.png").touch()
    write(tmp_path, shots=[{"media": "empty.png", "frames": 9}]).rename("empty.json")
    write(tmp_path)
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["paint"],
        ["render", "timeline.json"],
        ["render", "timeline.json", "-o", "v.mp4", "--workers", "0"],
        ["render", "timeline.json", "-o", "v.mp4", "--workers", "many"],
        ["render", "timeline.json", "-o", "v.mp4", "--cache-limit", "-1"],
        ["render", "timeline.json", "-o", "v.mp4", "--cache-limit", "nan"],
    ],
)
def test_wrong_options_are_told_with_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m reels" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "says"),
    [("--workers", "it must be 1 to 64"), ("--cache-limit", "it must be a number from 0")],
)
def test_what_is_no_number_is_told_what_it_must_be(
    option: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["render", "timeline.json", "-o", "v.mp4", option, "many"])
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("command_name", ["render", "check", "schema", ""])
def test_help_is_there_for_every_command(
    command_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command_name, "--help"] if command_name else ["--help"])
    assert caught.value.code == 0
    assert "usage: python -m reels" in capsys.readouterr().out


def test_check_says_what_a_timeline_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path, cues=[{"start_s": 0, "end_s": 1, "text": "one"}])
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().out == (
        f"{file} is a timeline of 180x320 at 30 fps, 2.00 s: 2 shots, 1 cue, 0 lines, 3 segments.\n"
    )
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "timeline.json"}


def test_check_decodes_what_render_only_glances_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path)
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[:-200])
    assert main(["check", str(file)]) == 2
    assert "shots.0.media: The picture a.png cannot be read" in capsys.readouterr().err


def test_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == schema_text()


def test_whoever_has_read_enough_of_the_output_may_go(tmp_path: Path) -> None:
    child = subprocess.Popen(
        command("schema"),
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.close()
    assert child.stderr is not None
    assert child.stderr.read() == b""
    assert child.wait() == 1
