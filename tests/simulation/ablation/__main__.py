"""Take defences out one at a time: `python -m tests.simulation.ablation`."""

import sys

from tests.simulation.ablation.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
