"""`make bench-scenario`: what a scenario's task costs beside its service's own work."""
