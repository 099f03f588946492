"""The results of the benchmarks: figures with their targets, and the times behind them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.contest import Contestant


@dataclass(frozen=True)
class Figure:
    """A target and its measured value.

    The target is met if ``value <= bound``, or, if the bound is a least value, ``value >= bound``.
    """

    row: int
    name: str
    value: float
    bound: float
    least: bool
    unit: str

    @property
    def met(self) -> bool:
        return self.value >= self.bound if self.least else self.value <= self.bound


@dataclass
class Curve:
    """The growth of steps with a size: for each step, a list of seconds per unit of size."""

    title: str
    sizes: list[int]
    steps: dict[str, list[float]] = field(default_factory=dict)

    def add(self, step: str, seconds_per_unit: float) -> None:
        self.steps.setdefault(step, []).append(seconds_per_unit)

    def per_decade(self, step: str) -> list[float]:
        """Return how many times longer a step takes at each ten times larger size."""
        each = self.steps[step]
        return [
            10 ** (1 + math.log(later / earlier) / math.log(large / small))
            for earlier, later, small, large in zip(
                each, each[1:], self.sizes, self.sizes[1:], strict=False
            )
        ]

    def exponent(self, step: str) -> float:
        """Return the exponent of the size between the smallest and the largest: 1 is linear."""
        each = self.steps[step]
        return 1 + math.log(each[-1] / each[0]) / math.log(self.sizes[-1] / self.sizes[0])


@dataclass
class Report:
    """All measurements of one run."""

    figures: list[Figure] = field(default_factory=list)
    contests: list[tuple[str, list[Contestant]]] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    def at_least(self, row: int, name: str, value: float, bound: float, unit: str = "x") -> None:
        self.figures.append(Figure(row, name, value, bound, least=True, unit=unit))

    def at_most(self, row: int, name: str, value: float, bound: float, unit: str) -> None:
        self.figures.append(Figure(row, name, value, bound, least=False, unit=unit))


Measure = Callable[[Report], None]
