"""`python -m reels`: timelines become videos on the command line."""

import sys

from reels.cli import main

if __name__ == "__main__":
    sys.exit(main())
