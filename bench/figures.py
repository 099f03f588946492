"""What the benchmarks found: figures with a target each, and the times behind them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.contest import Contestant


@dataclass(frozen=True)
class Figure:
    """One promise, and what was measured.

    It is met by ``value <= bound`` or, if the bound is a least value, by ``value >= bound``.
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
    """How the cost of some steps grows with a size: seconds per unit of size, a list per step."""

    title: str
    sizes: list[int]
    steps: dict[str, list[float]] = field(default_factory=dict)

    def add(self, step: str, seconds_per_unit: float) -> None:
        self.steps.setdefault(step, []).append(seconds_per_unit)

    def per_decade(self, step: str) -> list[float]:
        """How many times longer the whole takes at ten times the size, from each to the next."""
        each = self.steps[step]
        return [
            10 ** (1 + math.log(later / earlier) / math.log(large / small))
            for earlier, later, small, large in zip(
                each, each[1:], self.sizes, self.sizes[1:], strict=False
            )
        ]

    def exponent(self, step: str) -> float:
        """That of the size, from the smallest to the largest: 1 is linear."""
        each = self.steps[step]
        return 1 + math.log(each[-1] / each[0]) / math.log(self.sizes[-1] / self.sizes[0])


@dataclass
class Report:
    """Everything that one run measured."""

    figures: list[Figure] = field(default_factory=list)
    contests: list[tuple[str, list[Contestant]]] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    def at_least(self, row: int, name: str, value: float, bound: float, unit: str = "x") -> None:
        self.figures.append(Figure(row, name, value, bound, least=True, unit=unit))

    def at_most(self, row: int, name: str, value: float, bound: float, unit: str) -> None:
        self.figures.append(Figure(row, name, value, bound, least=False, unit=unit))


Measure = Callable[[Report], None]
