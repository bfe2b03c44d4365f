"""`python -m recsys` is the `recsys` command."""

import sys

from recsys.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
