"""Counts latencies in buckets, so that noting them adds little to a reader's memory and time."""

from __future__ import annotations

import math
from collections import Counter

# Buckets per factor of e: a bucket is 2% wide.
RESOLUTION = 50


class Latencies:
    """Durations in nanoseconds, accurate to a percent."""

    def __init__(self, counts: dict[int, int] | None = None) -> None:
        self.counts: Counter[int] = Counter(counts or {})

    def add(self, nanoseconds: int) -> None:
        self.counts[int(math.log(max(nanoseconds, 1)) * RESOLUTION)] += 1

    def merge(self, other: Latencies) -> None:
        self.counts.update(other.counts)

    def __len__(self) -> int:
        return self.counts.total()

    def quantile(self, share: float) -> float:
        """Return the seconds that this share of the durations does not exceed; NaN without any."""
        left = share * len(self)
        for bucket in sorted(self.counts):
            left -= self.counts[bucket]
            if left <= 0:
                return math.exp((bucket + 0.5) / RESOLUTION) / 1e9
        return math.nan
