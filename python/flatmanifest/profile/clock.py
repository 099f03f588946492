"""Clocks for the phases of a command. Only one of the clocks runs at a time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from threading import get_ident
from typing import Any

REST = "everything else"


@dataclass
class Function:
    """The calls of one function. ``seconds`` includes all that they called."""

    name: str
    calls: int = 0
    seconds: float = 0.0
    running: int = 0


@dataclass
class Phase:
    """One phase. ``seconds`` excludes the phases that ran within it."""

    name: str
    seconds: float = 0.0
    calls: int = 0
    functions: dict[str, Function] = field(default_factory=dict)


class Clock:
    """The wall clock of the thread that makes it, divided among phases.

    While a phase runs within another, only the clock of the inner phase runs, so that the seconds
    of all phases add up to the whole. Other threads are not timed: their time counts for the phase
    that waits for them.
    """

    def __init__(self, start: float) -> None:
        """``start``: a reading of ``time.perf_counter``."""
        self.thread = get_ident()
        self.phases = {REST: Phase(REST)}
        self.start = start
        self.since = start
        self.running = [self.phases[REST]]
        self.switches = 0
        self.on_switch: Callable[[str], None] | None = None  # with the name of the phase that ends

    def phase(self, name: str) -> Phase:
        """The phase of that name. It is made at its first use."""
        return self.phases.setdefault(name, Phase(name))

    def switch(self) -> None:
        """Add the time since the last switch to the phase that runs."""
        now = time.perf_counter()
        self.switches += 1
        self.running[-1].seconds += now - self.since
        self.since = now
        if self.on_switch is not None:
            self.on_switch(self.running[-1].name)

    @contextlib.contextmanager
    def within(self, name: str) -> Iterator[None]:
        """Let a phase's clock run meanwhile."""
        phase = self.phase(name)
        phase.calls += 1
        self.switch()
        self.running.append(phase)
        try:
            yield
        finally:
            self.switch()
            self.running.pop()

    def timed(self, function: Callable[..., Any], name: str, label: str) -> Callable[..., Any]:
        """The function, with its phase's clock running whenever it does."""
        phase = self.phase(name)
        row = phase.functions.setdefault(label, Function(label))

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if get_ident() != self.thread:
                return function(*args, **kwargs)
            self.switch()
            self.running.append(phase)
            row.running += 1
            start = self.since
            try:
                return function(*args, **kwargs)
            finally:
                self.switch()
                self.running.pop()
                phase.calls += 1
                row.calls += 1
                row.running -= 1
                if row.running == 0:  # a recursive call is not counted twice
                    row.seconds += self.since - start

        return call

    def stop(self) -> float:
        """Stop the clocks, and return the seconds since the start."""
        self.switch()
        return self.since - self.start


def seconds_per_call(on_switch: Callable[[str], None] | None = None) -> float:
    """The seconds that a clock adds to a call of its function."""
    clock = Clock(time.perf_counter())
    clock.on_switch = on_switch
    return cost_of_wrapping(_nothing, clock.timed(_nothing, "phase", "nothing"))


def cost_of_wrapping(function: Callable[[], object], wrapped: Callable[[], object]) -> float:
    """The seconds that wrapping adds to a call: the least of several batches.

    The least is taken because other programs on the machine slow some batches down.
    """
    batches, calls = 10, 200
    costs: dict[Callable[[], object], list[float]] = {function: [], wrapped: []}
    for _ in range(batches):
        for called, seconds in costs.items():
            start = time.perf_counter()
            for _ in range(calls):
                called()
            seconds.append(time.perf_counter() - start)
    return max(0.0, min(costs[wrapped]) - min(costs[function])) / calls


def _nothing() -> None:
    pass
