"""`python -m deployments.ops` is the command `reelwright`."""

import sys

from deployments.ops.cli import main

if __name__ == "__main__":
    sys.exit(main())
