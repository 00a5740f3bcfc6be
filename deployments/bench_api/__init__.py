"""`make bench-api`: what the API answers in, with 10,000 jobs in Prefect's database.

A real Prefect server on SQLite and a real API process; no worker, so that nothing else is
measured. Everything is asked over HTTP by a third process, on the same machine.
"""
