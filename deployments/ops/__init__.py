"""What operators do by hand: look after a machine, see to jobs, keep and bring back data."""
