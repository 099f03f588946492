"""Random choices that can be made again: a test's report names their seeds (conftest.py)."""

from __future__ import annotations

import random

SEEDS: list[int] = []  # of the test that runs


def seeded(seed: int) -> random.Random:
    """Random choices of the running test."""
    SEEDS.append(seed)
    return random.Random(seed)
