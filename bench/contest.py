"""Times several ways of doing the same work, in turn, so that their ratios are comparable."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass
class Contestant:
    """One way of doing the work. ``seconds`` has a figure per counted round.

    ``action`` is what :func:`run` times; None if the seconds come from elsewhere.
    """

    name: str
    action: Callable[[], object] | None = None
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def run(contestants: list[Contestant], rounds: int) -> None:
    """Time every contestant's action once per round, in turn, after one round that does not count.

    The actions run in turn so that a machine whose speed drifts slows all of them alike. The
    result of an action is freed, and the garbage of the others is collected, outside the clock.
    Raises ValueError for a contestant without an action.
    """
    for counted in [False] + [True] * rounds:
        for contestant in contestants:
            if contestant.action is None:
                raise ValueError(f"{contestant.name} has no action to time")
            gc.collect()
            start = time.perf_counter()
            result = contestant.action()
            elapsed = time.perf_counter() - start
            del result
            if counted:
                contestant.seconds.append(elapsed)


def run_measured(
    actions: Mapping[str, Callable[[], float]], rounds: int, *, uncounted: int = 1
) -> list[Contestant]:
    """Call every action once per round, in turn, and keep the seconds that each call returns.

    The actions measure themselves: whole processes, or processor time. The seconds of the first
    ``uncounted`` rounds, which come before the ``rounds`` others, are dropped.
    """
    contestants = [Contestant(name) for name in actions]
    for number in range(uncounted + rounds):
        for contestant, action in zip(contestants, actions.values(), strict=True):
            seconds = action()
            if number >= uncounted:
                contestant.seconds.append(seconds)
    return contestants


def ratio(slow: Contestant, fast: Contestant) -> float:
    """Return the median over the rounds of the ratio of ``slow`` to ``fast`` within a round."""
    return statistics.median(s / f for s, f in zip(slow.seconds, fast.seconds, strict=True))
