"""Timing several ways of doing the same thing, so that their ratio can be trusted."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Contestant:
    """One way to do it. ``seconds`` has a figure per round."""

    name: str
    action: Callable[[], object]
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def run(contestants: list[Contestant], rounds: int) -> None:
    """Run every contestant once per round, in turn, after one round that does not count.

    In turn, so that a machine whose speed drifts slows all of them alike. What an action returns is
    freed, and the garbage of the others collected, outside the clock.
    """
    for counted in [False] + [True] * rounds:
        for contestant in contestants:
            gc.collect()
            start = time.perf_counter()
            result = contestant.action()
            elapsed = time.perf_counter() - start
            del result
            if counted:
                contestant.seconds.append(elapsed)


def ratio(slow: Contestant, fast: Contestant) -> float:
    """The median, over the rounds, of how many times faster ``fast`` was in the same round."""
    return statistics.median(s / f for s, f in zip(slow.seconds, fast.seconds, strict=True))
