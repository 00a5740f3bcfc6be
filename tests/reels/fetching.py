"""Fetches a film; made to be killed. Run as `python -m tests.reels.fetching HOST:PORT DESK`."""

from __future__ import annotations

import sys
from pathlib import Path

from reels.addresses import read_hosts
from reels.fetch import FetchLimits, Net
from reels.film_fetch import fetch_film

if __name__ == "__main__":
    host, desk = sys.argv[1:3]
    limits = FetchLimits(max_bytes=4_000_000, max_s=30)
    fetch_film(f"http://{host}/film", Path(desk), limits, net=Net(read_hosts(host)))
