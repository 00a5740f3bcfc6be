"""`python -m tests.faults`: strike with every fault, and say how many were survived.

With `--seed N` and `--minutes M`, faults and moments are drawn at random for so long.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults.cases import ALL
from tests.faults.chaos import Chaos
from tests.faults.fault import Fault
from tests.faults.grounds import GROUNDS, a_house
from tests.faults.small_disk import MayNot
from tests.faults.striking import Outcome, strike_all

#: Where the logs of the stacks that were struck are left.
OUT = Path("out/faults")
_NO_END = 1_000_000


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="faults whose name has this pattern")
    parser.add_argument("--seed", type=int, help="draw faults at random, the same for the same")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long they are drawn")
    arguments = parser.parse_args(argv)
    began = time.monotonic()
    if arguments.seed is None:
        outcomes = _strike([fault for fault in ALL if re.search(arguments.only, fault.name)])
    else:
        outcomes = _draw(arguments.seed, 60 * arguments.minutes)
    lost = [each for each in outcomes if each.seen]
    took_s = time.monotonic() - began
    print(f"survived {len(outcomes) - len(lost)} of {len(outcomes)}, in {took_s:.0f} s")
    return 1 if lost or not outcomes else 0


def _strike(faults: Sequence[Fault]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for ground, prepare in GROUNDS.items():
        chosen = [fault for fault in faults if fault.ground == ground]
        if not chosen:
            continue
        with tempfile.TemporaryDirectory(prefix="faults-") as directory:
            data_dir = Path(directory) / "data"
            try:
                with prepare(data_dir) as house:
                    outcomes += strike_all(house, chosen, _tell)
                _keep_logs(data_dir, OUT / ground)
            except MayNot as error:
                print(f"not tried: {len(chosen)} of the ground {ground!r}: {error}", flush=True)
    return outcomes


def _draw(seed: int, seconds: float) -> list[Outcome]:
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="faults-") as directory:
        data_dir = Path(directory) / "data"
        with a_house(data_dir) as house:
            chaos = Chaos(house, random.Random(seed), lambda line: print(line, flush=True))
            outcomes = chaos.run(seconds=seconds, strikes=_NO_END)
        _keep_logs(data_dir, OUT / "random")
    for outcome in outcomes:
        _tell(outcome)
    return outcomes


def _keep_logs(data_dir: Path, where: Path) -> None:
    shutil.rmtree(where, ignore_errors=True)
    shutil.copytree(data_dir / "logs", where)


def _tell(outcome: Outcome) -> None:
    verdict = f"NOT SURVIVED: {outcome.seen}" if outcome.seen else "survived"
    remark = f" ({outcome.remark})" if outcome.remark else ""
    print(f"{outcome.took_s:6.1f} s  {outcome.name}: {verdict}{remark}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
