"""What jobs survive: processes killed and stopped, stores, disks and databases that fail.

`python -m tests.faults` strikes a running stack with every fault of `cases.ALL`, and asks the
same of each (`oracle`): the job has ended once, with one final object, paid once, told once.
"""
