"""Build the index of a catalogue: python build_index.py --dataset DATASET [--push-to-hub REPO]"""

import sys

from recsys.cli.build import main

if __name__ == "__main__":
    sys.exit(main())
