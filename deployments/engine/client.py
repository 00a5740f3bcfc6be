"""Stands in for a process while a fork of the warm engine does its work.

Run as `python -S -E client.py SOCKET [MODULE ARGUMENT ...]`: the standard library only, about
20 ms. The module is `prefect.engine` when none is named, as the process worker wants it. Ends
exactly as the fork ends, killed by the same signal if need be. When no engine answers, it
becomes `python -m MODULE ARGUMENT ...` itself. REELWRIGHT_SOCKETS names another directory to look
for the socket in: several hosts of one pool on one machine have one each.

On the socket: a request is `RW2`, the length of the body in 4 bytes, and the body, with
descriptors 0, 1 and 2 attached to its first byte. The body is, joined by NUL, the working
directory, the number of arguments, the module, the arguments, and the environment as `K=V`.
Every later byte is the number of a signal to pass on;
the end of the stream means that the client is gone. The engine answers with frames of 5
bytes: `S` and the run's process id, then `E` and the wait status.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

MAGIC = b"RW2"
FRAME_BYTES = 5
STARTED = b"S"
ENDED = b"E"
ANSWER_TIMEOUT_S = 10.0
SOCKETS_VARIABLE = "REELWRIGHT_SOCKETS"
FORWARDED = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)


def main(socket_path: str, module: str = "prefect.engine", *arguments: str) -> NoReturn:
    pending: list[int] = []
    for number in FORWARDED:
        signal.signal(number, lambda received, _frame: pending.append(received))
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(ANSWER_TIMEOUT_S)
        connection.connect(here(socket_path))
        send_request(connection, module, arguments)
        run_pid = expect(connection, STARTED)
    except OSError as error:
        connection.close()
        print(f"no warm engine at {socket_path}: {error}; starting {module}", file=sys.stderr)
        run_cold([module, *arguments], pending)
    connection.settimeout(None)
    forward_signals(connection, pending)
    end_as(wait_for_end(connection, run_pid))


def here(socket_path: str) -> str:
    """The socket of that name in the directory of this process's host."""
    directory = os.environ.get(SOCKETS_VARIABLE)
    return os.path.join(directory, os.path.basename(socket_path)) if directory else socket_path


def send_request(connection: socket.socket, module: str, arguments: tuple[str, ...]) -> None:
    words = [os.getcwd(), str(len(arguments)), module, *arguments]
    fields = [os.fsencode(word) for word in words]
    fields += [name + b"=" + value for name, value in os.environb.items()]
    body = b"\0".join(fields)
    header = MAGIC + len(body).to_bytes(4, "big")
    socket.send_fds(connection, [header], [0, 1, 2])
    connection.sendall(body)


def expect(connection: socket.socket, kind: bytes) -> int:
    """The number in the next frame. Raises ConnectionError when another or none comes."""
    frame = b""
    while len(frame) < FRAME_BYTES:
        received = connection.recv(FRAME_BYTES - len(frame))
        if not received:
            raise ConnectionError("the engine hung up")
        frame += received
    if frame[:1] != kind:
        raise ConnectionError(f"the engine answered {frame[:1]!r}")
    return int.from_bytes(frame[1:], "big")


def forward_signals(connection: socket.socket, pending: list[int]) -> None:
    def forward(number: int, _frame: FrameType | None) -> None:
        # Of an engine that is gone wait_for_end hears too.
        with contextlib.suppress(OSError):
            connection.send(bytes([number]))

    for number in FORWARDED:
        signal.signal(number, forward)
    while pending:
        forward(pending.pop(0), None)


def wait_for_end(connection: socket.socket, run_pid: int) -> int:
    """The run's wait status. A lost engine takes its runs along, so that counts as a kill."""
    try:
        return expect(connection, ENDED)
    except OSError:
        with contextlib.suppress(OSError):
            os.killpg(run_pid, signal.SIGKILL)
        return signal.SIGKILL


def end_as(wait_status: int) -> NoReturn:
    code = os.waitstatus_to_exitcode(wait_status)
    if code < 0:
        if -code not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    # A handler has no say any more, and there is nothing to flush.
    os._exit(code if code >= 0 else 128 - code)


def run_cold(command: list[str], pending: list[int]) -> NoReturn:
    sys.stderr.flush()
    for number in FORWARDED:
        signal.signal(number, signal.SIG_DFL)
    for received in pending:
        os.kill(os.getpid(), received)
    os.execv(sys.executable, [sys.executable, "-m", *command])


if __name__ == "__main__":
    main(*sys.argv[1:])
