"""Makes a pool whose runs are ECS tasks, on the server that PREFECT_API_URL names.

python -m deployments.ecs render deployments/ecs/render.yaml
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from deployments.ecs.pool import make_pool, read_values
from deployments.pools import pools
from reels.errors import ReelsError


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deployments.ecs", description=__doc__)
    parser.add_argument("pool", choices=[pool.name for pool in pools()])
    parser.add_argument("values", type=Path, help="YAML: values of the pool's variables")
    arguments = parser.parse_args(argv)
    try:
        asyncio.run(make_pool(arguments.pool, read_values(arguments.values)))
    except ReelsError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    print(f"The pool {arguments.pool} is made.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
