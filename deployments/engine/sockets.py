"""The engine's Unix socket: making it, and reading a client's request from it."""

from __future__ import annotations

import array
import contextlib
import os
import socket
import struct
import sys
from pathlib import Path

from deployments.engine.child import Request
from deployments.engine.client import MAGIC

#: `sun_path` holds 108 bytes on Linux and 104 elsewhere, the closing NUL included.
MAX_SOCKET_PATH_BYTES = 107 if sys.platform.startswith("linux") else 103
MAX_REQUEST_BYTES = 8 * 1024 * 1024
REQUEST_TIMEOUT_S = 5.0
_HEADER_BYTES = len(MAGIC) + 4


def listen(path: Path) -> socket.socket:
    """Listen at `path`, for this user only. The file appears once connections are taken.

    Raises:
        SystemExit: another engine listens there, or the path is too long.
    """
    making = path.with_name(f"{path.name}.{os.getpid()}")
    if len(os.fsencode(making)) > MAX_SOCKET_PATH_BYTES:
        raise SystemExit(f"engine: the socket's path is too long: {path}")
    if is_alive(path):
        raise SystemExit(f"engine: another engine listens at {path}")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    previous_mask = os.umask(0o177)
    try:
        listener.bind(os.fspath(making))
    finally:
        os.umask(previous_mask)
    listener.listen(128)
    making.replace(path)
    return listener


def is_alive(path: Path) -> bool:
    """Whether an engine accepts connections at `path`; a stale socket refuses them."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except OSError:
            return False
    return True


def receive(connection: socket.socket) -> Request | None:
    """The request on a new connection, or None when it is not one or not from this user."""
    connection.settimeout(REQUEST_TIMEOUT_S)
    if not _is_same_user(connection):
        return None
    stdio: list[int] = []
    try:
        header = _receive_header(connection, stdio)
        if header[: len(MAGIC)] != MAGIC or len(stdio) != 3:
            raise ValueError("not a request")
        body = _receive_body(connection, int.from_bytes(header[len(MAGIC) :], "big"))
        return _request(body, (stdio[0], stdio[1], stdio[2]))
    except (OSError, ValueError):
        for descriptor in stdio:
            with contextlib.suppress(OSError):
                os.close(descriptor)
        return None


def _request(body: bytes, stdio: tuple[int, int, int]) -> Request:
    cwd, count, module, *rest = body.split(b"\0")
    arguments, pairs = rest[: int(count)], rest[int(count) :]
    return Request(
        cwd=os.fsdecode(cwd),
        module=module.decode(),
        arguments=tuple(os.fsdecode(argument) for argument in arguments),
        environment=dict(pair.split(b"=", 1) for pair in pairs),
        stdio=stdio,
    )


def _receive_header(connection: socket.socket, stdio: list[int]) -> bytes:
    data, ancillary, _flags, _address = connection.recvmsg(
        _HEADER_BYTES, socket.CMSG_SPACE(3 * array.array("i").itemsize)
    )
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors = array.array("i")
            descriptors.frombytes(content[: len(content) // 4 * 4])
            stdio.extend(descriptors)
    while data and len(data) < _HEADER_BYTES:
        more = connection.recv(_HEADER_BYTES - len(data))
        if not more:
            break
        data += more
    return data


def _receive_body(connection: socket.socket, size: int) -> bytes:
    if not 0 < size <= MAX_REQUEST_BYTES:
        raise ValueError("a request of that size is refused")
    parts: list[bytes] = []
    while size:
        part = connection.recv(min(size, 65536))
        if not part:
            raise ValueError("the client hung up")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _is_same_user(connection: socket.socket) -> bool:
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # the socket's mode keeps others out
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _pid, uid, _gid = struct.unpack("3i", credentials)
    return bool(uid == os.getuid())
