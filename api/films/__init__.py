"""Films as players get them: signed addresses, playlists, and a page to watch them on."""
