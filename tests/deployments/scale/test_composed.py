"""What is read from the Compose file and the Dockerfile, and how it is told to this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.engine.client import SOCKETS_VARIABLE
from deployments.pools import REPOSITORY, pools
from deployments.scale.composed import Check, Role, fill_in, read_example, read_roles
from deployments.scale.machine import make_machine
from reels.errors import InvalidInput
from tests.deployments.containers_kit import compose

FILLED = {name: value or "secret" for name, value in read_example().items()}


def test_variables_are_filled_in_as_compose_does() -> None:
    given = {"SET": "a", "EMPTY": ""}
    assert fill_in({"x": ["${SET}-${EMPTY:-b}-${EMPTY-c}-${NONE-d}-$$HOME"]}, given) == {
        "x": ["a-b--d-$HOME"]
    }
    assert fill_in(["${SET:?set it}", 3, None], given) == ["a", 3, None]
    for text in ("${EMPTY:?set it}", "${NONE:?set it}"):
        with pytest.raises(InvalidInput, match="set it"):
            fill_in(text, given)


def test_every_service_has_the_words_that_start_it_and_the_images_own_settings() -> None:
    """Words are the file's, or else those of the image's stage."""
    roles = read_roles(FILLED)
    files = ("compose.yaml", "compose.store.yaml")
    assert set(roles) == {name for file in files for name in compose(file)["services"]}
    assert "--no-services" in roles["server"].command
    assert roles["server"].check == Check(4200, "/api/health")
    assert roles["services"].check is None
    hosts = {role.command[3] for role in roles.values() if "deployments.host" in role.command}
    assert hosts == {pool.name for pool in pools()}
    worker = roles["worker-render"]
    assert worker.environment["PREFECT_WORKER_WEBSERVER_PORT"] == "8080"
    assert worker.environment["VIDEO_SERVICE_S3_SECRET_KEY"] == "secret"
    assert worker.needs == {"bootstrap": "service_completed_successfully"}
    assert roles["bootstrap"].needs == {
        "server": "service_healthy",
        "bucket": "service_completed_successfully",
    }


def test_a_machine_has_its_own_port_and_directories_and_nothing_of_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://somewhere.else/api")
    monkeypatch.setenv("VIDEO_SERVICE_STORE", "local")
    role = Role(
        name="worker",
        image="worker",
        command=("python", "-m", "deployments.host", "--port", "8080", "/srv/reelwright/x"),
        environment={
            "PATH": "/opt/venv/bin:$PATH",
            "HOME": "/var/lib/reelwright",
            "PORT": "8080",
            "URL": "redis://:8080@redis:6379/0",
            "HOST": "0.0.0.0",
        },
        replicas=1,
        needs={},
        check=Check(8080, "/health"),
    )
    made = make_machine(role, 2, 1234, tmp_path, tmp_path, {"redis:6379": "127.0.0.1:77"})
    own = tmp_path / "worker-2"
    given = made.environment
    assert given["HOME"] == str(own / "home")
    assert given["PORT"] == "1234"
    assert given["URL"] == "redis://:8080@127.0.0.1:77/0"
    assert given["HOST"] == "127.0.0.1"
    assert given[SOCKETS_VARIABLE] == str(own / "run")
    assert all((own / name).is_dir() for name in ("home", "run", "tmp"))
    assert "/opt/venv" not in given["PATH"]
    assert not {"PREFECT_API_URL", "VIDEO_SERVICE_STORE"} & set(given)
    assert made.url == "http://127.0.0.1:1234"
    assert made.command[3:] == ("--port", "1234", f"{REPOSITORY}/x")
