"""`python -m tests.faults`: strike with every fault, and say how many were survived."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults.cases import ALL
from tests.faults.fault import Fault
from tests.faults.grounds import GROUNDS
from tests.faults.striking import Outcome, strike_all

#: Where the logs of the stacks that were struck are left.
OUT = Path("out/faults")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="faults whose name holds this")
    arguments = parser.parse_args(argv)
    began = time.monotonic()
    outcomes = _strike([fault for fault in ALL if arguments.only in fault.name])
    lost = [each for each in outcomes if each.seen]
    print(f"survived {len(outcomes) - len(lost)} of {len(outcomes)}"
          f" in {time.monotonic() - began:.0f} s", flush=True)  # fmt: skip
    return 1 if lost or not outcomes else 0


def _strike(faults: Sequence[Fault]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for ground, prepare in GROUNDS.items():
        chosen = [fault for fault in faults if fault.ground == ground]
        if not chosen:
            continue
        with tempfile.TemporaryDirectory(prefix="faults-") as directory:
            data_dir = Path(directory) / "data"
            with prepare(data_dir) as house:
                outcomes += strike_all(house, chosen, _tell)
            _keep_logs(data_dir, OUT / ground)
    return outcomes


def _keep_logs(data_dir: Path, where: Path) -> None:
    shutil.rmtree(where, ignore_errors=True)
    shutil.copytree(data_dir / "logs", where)


def _tell(outcome: Outcome) -> None:
    verdict = f"NOT SURVIVED: {outcome.seen}" if outcome.seen else "survived"
    print(f"{outcome.took_s:6.1f} s  {outcome.name}: {verdict}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
