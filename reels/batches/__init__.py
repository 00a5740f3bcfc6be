"""Many videos at once: lists of ideas, or topics in variants, become requests."""
