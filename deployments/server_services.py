"""`prefect server services start`, which writes down no more events than the embedded server."""

from __future__ import annotations

import sys

from deployments.remembering import leave_out_task_events


def main() -> None:
    """Run the services that are switched on, until SIGINT or SIGTERM."""
    leave_out_task_events()

    from prefect.cli import app

    sys.argv = ["prefect", "server", "services", "start"]
    app()


if __name__ == "__main__":
    main()
