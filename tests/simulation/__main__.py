"""Run many seeds and say what they came to: `python -m tests.simulation --seeds 100`."""

import sys

from tests.simulation.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
