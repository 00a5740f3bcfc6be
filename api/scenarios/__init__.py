"""Scenarios over the API: made, read, stopped, and their tasks for outside workers."""
