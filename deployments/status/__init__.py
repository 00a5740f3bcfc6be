"""Follows Prefect's own state changes and tells each change of a job to the status sinks."""
