"""A Postgres of one's own, from a distribution's package: its programs, and its first data."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from reels.errors import Unavailable

#: Postgres refuses to be run by root.
AS_NOBODY: dict[str, Any] = {"user": "nobody", "extra_groups": []} if os.getuid() == 0 else {}


def find_programs() -> Path | None:
    """The directory of the programs, by their real path: they look for their parts beside it."""
    on_path = [shutil.which("initdb") or ""]
    packaged = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)
    for found in filter(None, [*on_path, *packaged]):
        directory = Path(found).resolve().parent
        if (directory / "postgres").exists():
            return directory
    return None


def make_data(programs: Path, directory: Path, user: str, password: str) -> Path:
    """Make an empty database below `directory`, and that directory its user's.

    Raises:
        Unavailable: the program refused; holds what it said.
    """
    data, secret = directory / "data", directory / "password"
    secret.write_text(password)
    if AS_NOBODY:
        shutil.chown(directory, "nobody")
        shutil.chown(secret, "nobody")
    done = subprocess.run(
        [
            *(str(programs / "initdb"), "-D", str(data), "-U", user, f"--pwfile={secret}"),
            *("--auth=scram-sha-256", "--no-sync", "--encoding=UTF8", "--locale=C"),
        ],
        capture_output=True,
        text=True,
        cwd=directory,
        **AS_NOBODY,
    )
    if done.returncode != 0:
        raise Unavailable(f"initdb ended with {done.returncode}: {done.stderr.strip()}")
    return data


def server_command(programs: Path, data: Path, port: int) -> list[str]:
    """The words that start the server on loopback."""
    return [
        *(str(programs / "postgres"), "-D", str(data), "-p", str(port)),
        *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
    ]
