"""What every request passes: bounds, keys and rates."""
