"""Finds runs whose process is gone, and has their work begun again without anybody's help."""

#: The variables of Prefect in which a keeper says that it has the office.
OFFICE = "reelwright_keeper_"
