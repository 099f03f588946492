"""The rounds of ``bench.contest``: their order, and the rounds that do not count."""

from __future__ import annotations

from functools import partial

import pytest

from bench.contest import Contestant, ratio, run, run_measured


def test_measured_actions_run_in_turn_and_early_rounds_do_not_count() -> None:
    calls: list[str] = []

    def action(name: str, seconds: float) -> float:
        calls.append(name)
        return seconds * len(calls)

    actions = {"slow": partial(action, "slow", 2.0), "fast": partial(action, "fast", 1.0)}
    slow, fast = run_measured(actions, 2, uncounted=1)
    assert calls == ["slow", "fast"] * 3
    assert (slow.name, slow.seconds) == ("slow", [6.0, 10.0])
    assert (fast.name, fast.seconds) == ("fast", [4.0, 6.0])
    assert ratio(slow, fast) == pytest.approx((6 / 4 + 10 / 6) / 2)


def test_a_contestant_without_an_action_is_refused() -> None:
    with pytest.raises(ValueError, match="measured elsewhere has no action to time"):
        run([Contestant("measured elsewhere")], 1)
