"""Random choices that can be repeated: a failed test's report names the seeds (conftest.py)."""

from __future__ import annotations

import random

SEEDS: list[int] = []  # the seeds of the running test


def seeded(seed: int) -> random.Random:
    """Return a source of random choices for the running test."""
    SEEDS.append(seed)
    return random.Random(seed)
