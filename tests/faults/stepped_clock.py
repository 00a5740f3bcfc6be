"""A wall clock of one's own for the processes of a stack, where there is a C compiler."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.faults.small_disk import MayNot

_SOURCE = Path(__file__).with_name("clock.c")


@dataclass(frozen=True)
class SteppedClock:
    """The clock of all processes that are started with `environment`."""

    folder: Path

    @classmethod
    def build(cls, folder: Path) -> SteppedClock:
        """In `folder`, as yet without a step.

        Raises:
            MayNot: there is no C compiler.
        """
        compiler = shutil.which("cc")
        if compiler is None:
            raise MayNot("there is no C compiler")
        made = cls(folder)
        folder.mkdir(parents=True, exist_ok=True)
        words = [compiler, "-O1", "-shared", "-fPIC", "-o", str(made._library), str(_SOURCE)]
        subprocess.run(words, check=True, capture_output=True)
        made._file.write_bytes(bytes(8))
        return made

    @property
    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self._library), "STEPPED_CLOCK": str(self._file)}

    def step(self, shift_s: int) -> None:
        """So far is the clock from the true time from now on, for all at once."""
        with self._file.open("r+b") as file:
            file.write(shift_s.to_bytes(8, "little", signed=True))

    @property
    def _library(self) -> Path:
        return self.folder / "clock.so"

    @property
    def _file(self) -> Path:
        return self.folder / "shift"
