"""``python -m tests.planted`` runs tests/planted/run.py."""

from __future__ import annotations

import sys

from tests.planted.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
