"""A process that works on a run: `python a_process.py RUN FILE ACTION`.

It writes the time into FILE again and again, or waits for FILE and names a state of the run.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.states import Completed, Crashed

from flows.heart import beating, fence, now_s

STATES = {"complete": Completed, "crash": Crashed}


def main(run_id: str, name: str, action: str) -> None:
    file = Path(name)
    with get_client(sync_client=True) as client, beating(client.read_flow_run(UUID(run_id))):
        while action == "write":
            # A process may be stopped between its leave to write and the writing.
            asked_s = now_s()
            fence()
            with file.open("a") as lines:
                lines.write(f"{asked_s}\n")
            time.sleep(0.01)
        while not file.exists():
            time.sleep(0.01)
        client.set_flow_run_state(run_id, STATES[action]())


if __name__ == "__main__":
    main(*sys.argv[1:])
