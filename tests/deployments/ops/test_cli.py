"""The command says in a line what it cannot do, and whose job is whose to the API."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from rich.console import Console

from deployments.layout import Addresses, Layout
from deployments.ops import jobs, target
from deployments.ops.cli import main
from deployments.ops.rest import _address, _headers

JOB = str(uuid4())


class Refusing(BaseHTTPRequestHandler):
    """Knows nobody; for other paths than jobs it is another server altogether."""

    def do_GET(self) -> None:
        is_job = self.path.startswith("/videos")
        content = json.dumps({"detail": "The key is none of ours."}) if is_job else "<html>"
        self.send_response(401 if is_job else 200)
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def refusing() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["jobs", "--api", "http://127.0.0.1:9"], "does not answer"),
        (["jobs", "--api", "ftp://host"], "is no address"),
        (["cancel", JOB, "--api", "http://127.0.0.1:9"], "does not answer"),
        (["backup", "b.tar"], "holds no embedded stack's data"),
        (["restore", "none.tar"], "There is no file"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(
    home: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    said = capsys.readouterr()
    assert said.err.startswith("error: ")
    assert told in said.err
    assert not said.out


def test_a_refused_key_is_told_with_how_to_make_one(
    home: Path, refusing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["jobs", "--api", refusing, "--key", "k-secret"]) == 1
    said = capsys.readouterr().err
    assert "The key is none of ours." in said
    assert "VIDEO_SERVICE_API_KEY" in said
    assert "k-secret" not in said


def test_another_server_than_the_api_is_told_as_such(
    home: Path, refusing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["jobs", "--api", f"{refusing}/elsewhere"]) == 1
    assert "is not this API" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["undo"],
        ["jobs", "--limit", "0"],
        ["jobs", "--limit", "many"],
        ["jobs", "--status", "lost"],
        ["approve", JOB],
        ["approve", JOB, "cover"],
        ["approve", "not-an-id", "draft"],
        ["retry", "../x"],
        ["backup"],
    ],
)
def test_words_that_make_no_sense_end_with_the_usage(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_key_says_who_asks_and_without_one_ops_do(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _headers("k") == {"Authorization": "Bearer k"}
    ops = {"X-User-ID": "ops", "X-User-Role": "ops"}
    assert _headers("") == ops
    monkeypatch.setenv("VIDEO_SERVICE_AUTH", "gateway")
    monkeypatch.setenv("VIDEO_SERVICE_GATEWAY_SECRET", "0123456789abcdef")
    assert _headers("") == {**ops, "X-Gateway-Secret": "0123456789abcdef"}


def test_the_api_is_the_one_that_is_set_else_the_running_stacks(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _address() == "http://127.0.0.1:8100"
    layout = Layout(home)
    layout.make()
    layout.write_addresses(Addresses("http://127.0.0.1:1", "http://127.0.0.1:2"))
    assert _address() == "http://127.0.0.1:1"
    monkeypatch.setenv("VIDEO_SERVICE_PUBLIC_URL", "https://films.example.org")
    assert _address() == "https://films.example.org"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}', '{"pid": 4194305}'])
def test_a_stack_that_is_gone_does_not_run(home: Path, content: str) -> None:
    layout = Layout(home)
    layout.make()
    layout.ready_file.write_text(content)
    assert target.running(layout) is None


def test_what_users_write_stays_text_and_gives_a_terminal_no_orders(
    capsys: pytest.CaptureFixture[str],
) -> None:
    job = {
        "job_id": JOB,
        "status": "draft_review",
        "progress": 10,
        "user_id": "ann",
        "review": {"gate": "draft", "number": 2},
        "created_at": "2026-01-02T03:04:05Z",
        "title": "[red]tea\x1b[2J\n[/red]",
    }
    jobs.show_jobs(Console(width=200), [job])
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "[red]tea [2J [/red]" in said
    assert "draft 2" in said
    assert len(said.splitlines()) == 2
