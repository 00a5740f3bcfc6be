"""Jobs as runs in Prefect: made, read, listed, answered, stopped and retried."""
