"""The entry point of the Space: serves the index that the environment names."""

import sys

from recsys.cli.serve import main

if __name__ == "__main__":
    sys.exit(main())
