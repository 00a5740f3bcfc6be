"""Users' media in the store."""
