"""The faults, by what fails. One more is one entry of one of these lists."""

from tests.faults.cases import deaths

ALL = [*deaths.FAULTS]
