"""Scenarios: a YAML template becomes a graph of tasks, whose results flow by reference."""
