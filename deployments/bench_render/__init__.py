"""`make bench-render`: what the renderer costs and how well it moves, beside the usual ways.

Everything is measured on one machine in one run; a figure is the median of at least three
runs, in which contenders take turns. CPU seconds are user and system time of a process and
of the children it waited for: unlike wall time they bear a machine that is shared.
"""
