"""Where the embedded stack keeps what, and the environment that its processes run in."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import certifi

from deployments.bell import VARIABLE as BELL
from deployments.capacity import environment, here
from deployments.engine.sockets import MAX_SOCKET_PATH_BYTES
from reels.errors import Conflict
from reels.settings import ObservingSettings

#: Of a socket's path: its name, and the number that is added while it is being made.
_SOCKET_NAME_BYTES = len("/pipeline.sock.4194304")

LOGGING = Path(__file__).resolve().with_name("logging.yml")
#: Written by whoever started the supervisor; the other logs begin anew with each stack.
SUPERVISOR_LOG = "supervisor.log"
#: Who makes what with the fake cloud, unless something else is asked for.
CLOUD_CHAINS = {
    "VIDEO_SERVICE_STORYBOARD_PROVIDER": "gemini,outline",
    "VIDEO_SERVICE_TEXT2IMG_PROVIDER": "gemini",
    "VIDEO_SERVICE_TTS_PROVIDER": "elevenlabs,espeak",
    "VIDEO_SERVICE_BACKING_TRACK": "elevenlabs,bed",
    "VIDEO_SERVICE_EFFECTS_PROVIDER": "elevenlabs,shipped",
}
#: How often a worker looks whether to ask for runs (`asking`). Prefect's default is 10.
LOOK_S = 0.1
_PASSWORD = "PREFECT_SERVER_API_AUTH_STRING"


@dataclass(frozen=True)
class Addresses:
    """Where a running stack answers. `cloud_url` is that of its fake cloud, empty without one."""

    api_url: str
    prefect_url: str
    cloud_url: str = ""

    @property
    def prefect_api_url(self) -> str:
        return f"{self.prefect_url}/api"


@dataclass(frozen=True)
class Layout:
    """The directories below one data directory. `data_dir` is absolute."""

    data_dir: Path

    @property
    def prefect_home(self) -> Path:
        return self.data_dir / "prefect"

    @property
    def logs(self) -> Path:
        return self.data_dir / "logs"

    @property
    def ready_file(self) -> Path:
        return self.data_dir / "run" / "stack.json"

    @property
    def sockets(self) -> Path:
        """In the data directory, or in a short one elsewhere when that path is too long."""
        near = self.data_dir / "run"
        if len(os.fsencode(near)) + _SOCKET_NAME_BYTES <= MAX_SOCKET_PATH_BYTES:
            return near
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"reelwright-{os.getuid()}-{digest}"

    def make(self) -> None:
        """Create the directories, clear of an earlier stack's sockets, logs and half-done work.
        The one with sockets is for this user only.

        Raises:
            Conflict: the directory for sockets belongs to somebody else.
        """
        for directory in (self.prefect_home, self.logs, self.ready_file.parent):
            directory.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.data_dir / "work", ignore_errors=True)
        self.sockets.mkdir(parents=True, exist_ok=True)
        if self.sockets.stat().st_uid != os.getuid():
            raise Conflict(f"{self.sockets} belongs to another user.", remedy="Set TMPDIR.")
        self.sockets.chmod(0o700)
        for stale in self.sockets.glob("*.sock*"):
            stale.unlink(missing_ok=True)
        for log in self.logs.glob("*.log"):
            if log.name != SUPERVISOR_LOG:
                log.unlink()
        self.ready_file.unlink(missing_ok=True)
        self._one_authority.write_text(_first_authority())

    @property
    def _one_authority(self) -> Path:
        return self.prefect_home / "authority.pem"

    def lock(self) -> IO[str]:
        """Hold the data directory until the returned file is closed.

        Raises:
            Conflict: another stack holds it; names its process.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        held = (self.data_dir / "stack.lock").open("a+")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            held.seek(0)
            holder = held.read().strip() or "unknown"
            held.close()
            raise Conflict(
                f"Another stack uses {self.data_dir} (process {holder}).",
                remedy="Stop it, or set VIDEO_SERVICE_DATA_DIR to another directory.",
            ) from None
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        return held

    def read_addresses(self, supervisor_pid: int) -> Addresses | None:
        """Of the stack that this supervisor has brought up, or None while it has not."""
        try:
            content = json.loads(self.ready_file.read_text())
        except FileNotFoundError:
            return None
        return Addresses(**content) if content.pop("pid") == supervisor_pid else None

    def write_addresses(self, addresses: Addresses) -> None:
        """Say that this process has brought the stack up."""
        making = self.ready_file.with_suffix(".part")
        making.write_text(json.dumps({"pid": os.getpid(), **asdict(addresses)}))
        making.replace(self.ready_file)

    def environment(self, addresses: Addresses, given: Mapping[str, str]) -> dict[str, str]:
        """`given` for our processes: nothing of the user's own Prefect, and no proxy to loopback.

        Only a password for the server (PREFECT_SERVER_API_AUTH_STRING) counts, for all of them.

        Retries are raised, so that a run outlives a restart of the server (with the default
        it failed when the server was away for 94 s). Every Prefect client reads the list of
        certificate authorities, 20 ms each and several in a run, though its server is on
        loopback without TLS: ours get a list of one.
        """
        kept = {name: value for name, value in given.items() if not name.startswith("PREFECT_")}
        if addresses.cloud_url:
            from deployments.fake_cloud.running import environment as cloud_environment

            kept = CLOUD_CHAINS | kept | cloud_environment(addresses.cloud_url)
        password = given.get(_PASSWORD, "")
        if password:
            kept |= {_PASSWORD: password, "PREFECT_API_AUTH_STRING": password}
        return kept | {
            "PREFECT_HOME": str(self.prefect_home),
            "PREFECT_PROFILES_PATH": str(self.prefect_home / "profiles.toml"),
            "PREFECT_LOCAL_STORAGE_PATH": str(self.data_dir / "results"),
            "PREFECT_API_URL": addresses.prefect_api_url,
            "PREFECT_API_SSL_CERT_FILE": str(self._one_authority),
            "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
            # A request for a token before the first POST of every client; the server wants none.
            "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
            "PREFECT_CLIENT_MAX_RETRIES": "12",
            # Left in memory, a slot that is held when the server is restarted never comes back.
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
                "prefect.server.concurrency.lease_storage.filesystem"
            ),
            # Whoever waits for a slot asks again after this at the latest, not after 30 s.
            "PREFECT_SERVER_CONCURRENCY_MAXIMUM_CONCURRENCY_SLOT_WAIT_SECONDS": "2",
            "PREFECT_WORKER_QUERY_SECONDS": str(LOOK_S),
            BELL: str(self.ready_file.with_name("bell")),
            "PREFECT_CLI_PROMPT": "false",
            "PREFECT_LOGGING_COLORS": "false",
            **_logging(),
            **environment(here()),
            "VIDEO_SERVICE_DATA_DIR": str(self.data_dir),
            "VIDEO_SERVICE_PUBLIC_URL": given.get("VIDEO_SERVICE_PUBLIC_URL") or addresses.api_url,
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "PYTHONUNBUFFERED": "1",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")]),
        }


def _logging() -> dict[str, str]:
    """How Prefect's own processes and the flows' log; see logging.yml."""
    settings = ObservingSettings()
    handlers = "lines" if settings.log_format == "json" else "console"
    which = ("ROOT", "LOGGERS_UVICORN", "LOGGERS_FASTAPI")
    return {
        "PREFECT_LOGGING_SETTINGS_PATH": str(LOGGING),
        "PREFECT_LOGGING_LEVEL": settings.log_level,
        **{f"PREFECT_LOGGING_{name}_HANDLERS": handlers for name in which},
    }


def _first_authority() -> str:
    end = "-----END CERTIFICATE-----\n"
    return Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0] + end
