"""What the house tells of its work: log lines, errors (Sentry) and traces (OpenTelemetry).

`about` says for whom a process or a request works, `scrubbing` takes out what must not be
told, `lines` shapes log lines, `tracing` and `mishaps` are doors that lead nowhere until
`starting` has opened them by the settings.
"""
