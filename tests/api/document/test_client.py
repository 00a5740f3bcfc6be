"""A typed client can be generated from the API's document, and it works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.api.document.live import LiveApi

#: Where `make` puts the generator.
TOOLS = Path(sys.executable).parent / ".." / "client" / "bin"
WALK = """
import sys
from reelwright_client import AuthenticatedClient
from reelwright_client.api.videos import create_video, list_videos, read_video
from reelwright_client.models import VideoRequest

client = AuthenticatedClient(sys.argv[1], sys.argv[2], raise_on_unexpected_status=True)
made = create_video.sync(client=client, body=VideoRequest(idea="Tea from a generated client"))
assert hasattr(made, "job_id"), made
job = read_video.sync(made.job_id, client=client)
assert job.status == "queued" and job.user_id == "ann", job
assert made.job_id in [each.job_id for each in list_videos.sync(client=client).videos]
"""


@pytest.mark.slow
def test_a_generated_client_posts_a_job_and_reads_it(live_api: LiveApi, tmp_path: Path) -> None:
    """The generator takes the document without a warning; its client talks to the live API."""
    generator = TOOLS / "openapi-python-client"
    if not generator.exists():
        if os.environ.get("CI"):
            pytest.fail("there is no generator of clients; make test installs it")
        pytest.skip("there is no generator of clients in .venv/client")
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(httpx.get(f"{live_api.url}/openapi.json").json()))
    environment = {**os.environ, "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
    made = subprocess.run(
        [
            *(generator, "generate", "--path", document, "--output-path", tmp_path / "made"),
            "--fail-on-warning",
        ],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    walked = subprocess.run(
        [TOOLS / "python", "-c", WALK, live_api.url, live_api.key],
        cwd=tmp_path / "made",
        capture_output=True,
        text=True,
    )
    assert walked.returncode == 0, walked.stderr
    shutil.rmtree(tmp_path / "made")
