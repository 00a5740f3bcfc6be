"""What packaging costs: the whole ladder beside x264 alone, and the top rung by copy."""
