"""The warm engine: flow runs by fork instead of by a cold interpreter.

A process worker's `command` is `client.py SOCKET`. The client hands its environment, its
working directory and its stdio to the engine, which forks; the child becomes what
`python -m prefect.engine` would have been. The stock worker sees one ordinary process:
signals go through it, and it ends as the run ends. Without an engine the client runs
`python -m prefect.engine` itself.
"""
