"""The faults, by what fails. One more is one entry of one of these lists."""

from tests.faults.cases import clocks, databases, deaths, disks, stores

ALL = [*deaths.FAULTS, *databases.FAULTS, *stores.FAULTS, *disks.FAULTS, *clocks.FAULTS]
