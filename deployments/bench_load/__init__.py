"""`make bench-load`: what a burst of jobs comes to, how many a minute go through, and what it
costs that a thousand wait for a person.
"""
