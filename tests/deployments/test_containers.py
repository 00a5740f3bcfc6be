"""What the Dockerfile, Compose and nginx name is there, and each container is kept small."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from typing import Any

import prefect.settings
import pytest
from prefect_redis.cleanup_queue import RedisWorkerCleanupQueueSettings
from prefect_redis.client import RedisMessagingSettings
from prefect_redis.messaging import RedisMessagingPublisherSettings

from deployments.pools import pools
from reels.settings import ALL
from tests.deployments.containers_kit import (
    DOCKER,
    DOCKERFILE,
    ONCE,
    ROOT,
    WITHOUT_PORT,
    commands,
    compose,
    container_files,
    manifests,
    targets,
)

FILES = ("compose.yaml", "compose.store.yaml", "compose.gpu.yaml")
#: What prefect-redis reads, class by class: Prefect's own settings do not list it.
PREFECT_REDIS = {
    f"{kind.model_config['env_prefix']}{name}".upper()
    for kind in (
        RedisMessagingSettings,
        RedisMessagingPublisherSettings,
        RedisWorkerCleanupQueueSettings,
    )
    for name in kind.model_fields
}

#: Prefect derives these from the paths in logging.yml.
HANDLERS = {
    f"PREFECT_LOGGING_{name}_HANDLERS" for name in ("ROOT", "LOGGERS_UVICORN", "LOGGERS_FASTAPI")
}


def services() -> dict[str, Any]:
    """Every service of the main file, and of the others what they add."""
    found: dict[str, Any] = {}
    for name in reversed(FILES):
        found |= compose(name)["services"]
    return found


def test_every_setting_that_a_file_gives_exists() -> None:
    ours = {f"VIDEO_SERVICE_{name}".upper() for kind in ALL for name in kind.model_fields}
    for path in container_files():
        text = path.read_text()
        named = set(re.findall(r"\bVIDEO_SERVICE_[A-Z0-9_]*[A-Z0-9]\b", text))
        assert named <= ours, f"{path.name}: {named - ours}"
        of_prefect = set(re.findall(r"\bPREFECT_[A-Z0-9_]+\b", text)) - PREFECT_REDIS - HANDLERS
        of_prefect -= {"PREFECT_AUTH"}
        unknown = {name for name in of_prefect if not hasattr(prefect.settings, name)}
        assert not unknown, f"{path.name}: {unknown}"


def test_every_module_that_a_container_starts_can_be_imported() -> None:
    found = [*commands([document for _, document in manifests()])]
    found += [words for name in FILES for words in commands(compose(name))]
    found += [
        json.loads(line[4:]) for line in DOCKERFILE.read_text().splitlines() if line[:4] == "CMD "
    ]
    modules = {words[words.index("-m") + 1] for words in found}
    assert {"prefect", "deployments.serve_api", "deployments.host"} <= modules
    for module in modules:
        assert importlib.util.find_spec(module) is not None, module


def test_every_pool_has_a_worker() -> None:
    names = {pool.name for pool in pools()}
    hosted = [
        words[words.index("-m") + 2]
        for words in commands(services())
        if "deployments.host" in words
    ]
    assert sorted(hosted) == sorted(names)


def test_what_the_dockerfile_copies_reaches_it() -> None:
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE.read_text(), re.MULTILINE)
        for source in line.split()[:-1]
    ]
    let_in = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    assert set(copied) - {"."} <= let_in
    assert all((ROOT / path).exists() for path in let_in)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {name.rstrip("*") for name in packages} <= let_in


def test_no_image_runs_as_root_or_without_a_check_of_its_health() -> None:
    stages = targets()
    assert re.search(r"^USER 10001:10001$", stages["runtime"], re.MULTILINE)
    for name in ("api", "server", "worker"):
        assert re.search(rf"^FROM runtime AS {name}$", DOCKERFILE.read_text(), re.MULTILINE)
        assert "\nHEALTHCHECK " in stages[name], name
        assert "USER" not in stages[name], name
    assert "FROM worker AS worker-gpu" in DOCKERFILE.read_text()


def test_images_install_pinned_packages_and_name_no_index() -> None:
    text = DOCKERFILE.read_text()
    installs = re.findall(r"pip install ([^\n&]+)", text)
    assert installs
    assert all(line.startswith(("-c constraints.txt", "--no-deps")) for line in installs)
    assert "index-url" not in text
    assert "https://" not in text
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    pinned = (DOCKER / "server.txt").read_text().splitlines()[-1]
    assert [pinned] == extras["scale"]
    assert pinned in (ROOT / "constraints.txt").read_text().splitlines()


@pytest.mark.parametrize("name", FILES)
def test_services_name_only_what_exists(name: str) -> None:
    document, all_services = compose(name), services()
    main = compose("compose.yaml")
    volumes = {*main["volumes"], *document.get("volumes", {})}
    for service, content in document["services"].items():
        assert set(content.get("depends_on", {})) <= set(all_services), service
        assert set(content.get("networks", [])) <= set(main["networks"]), service
        if "build" in content:
            assert content["build"]["target"] in targets(), service
            assert content["image"].startswith(f"reelwright-{content['build']['target']}:"), service
        for volume in content.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in volumes or source.startswith("/") or (DOCKER / source).is_file(), (
                volume
            )


def test_services_are_limited_restarted_and_asked_whether_they_are_well() -> None:
    main = compose("compose.yaml")["services"]
    for name, content in main.items():
        assert {"cpus", "memory"} <= set(content["deploy"]["resources"]["limits"]), name
        assert content["restart"], name
        is_disabled = content.get("healthcheck", {}).get("disable", False)
        assert is_disabled == (name in WITHOUT_PORT | ONCE), name
        assert is_disabled or "build" in content or content["healthcheck"]["test"], name
    assert main["server"]["deploy"]["replicas"] == main["api"]["deploy"]["replicas"] == 2


def test_only_nginx_is_reached_from_outside_and_prefect_from_this_machine() -> None:
    published = {
        name: content["ports"]
        for file in FILES
        for name, content in compose(file)["services"].items()
        if "ports" in content
    }
    assert set(published) == {"nginx"}
    ports = [
        port for port in compose("compose.yaml")["services"]["nginx"]["ports"] if "4200" in port
    ]
    assert ports == ["127.0.0.1:4200:4200"]
    assert compose("compose.yaml")["networks"]["inside"] == {"internal": True}


def test_a_stop_leaves_the_runs_the_time_that_the_worker_gives_them() -> None:
    for name, content in compose("compose.yaml")["services"].items():
        words = content.get("command") or []
        if "--grace-s" in words:
            assert content["stop_grace_period"] == "15m", name
            assert float(words[words.index("--grace-s") + 1]) < 15 * 60, name


def test_the_example_of_env_holds_what_compose_asks_for_and_no_secret() -> None:
    asked = {
        name
        for file in FILES
        for name in re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", (DOCKER / file).read_text())
    }
    lines = (DOCKER / ".env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and line[0] != "#")
    assert asked == set(given) - {"COMPOSE_FILE"}
    assert all((DOCKER / file).is_file() for file in given["COMPOSE_FILE"].split(":"))
    secret = re.compile(r"PASSWORD|AUTH$|_KEY$|TOKEN")
    assert not any(
        value for name, value in given.items() if secret.search(name) and name != "API_AUTH"
    )


def test_nobody_outside_can_say_who_they_are() -> None:
    text = (DOCKER / "nginx.conf").read_text()
    for header in ("X-User-ID", "X-User-Role", "X-Gateway-Secret", "Forwarded"):
        assert f'proxy_set_header {header} "";' in text
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text
    # nginx takes over none of the headers above where a block sets one of its own.
    after = text[text.index("server {") :]
    assert "proxy_set_header" not in after
    assert "proxy_set_header" not in (DOCKER / "nginx.store.conf").read_text()
