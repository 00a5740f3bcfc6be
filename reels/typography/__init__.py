"""Text on pictures: where lines may break, how wide they are, and how they are drawn."""
