"""A pytest plugin that runs some of the collected tests, and records the outcome of each.

``FLATMANIFEST_PLANTED`` names a JSON file: ``{"wanted": [ids], "outcomes": {id: outcome}}``. An id
without parameters stands for all cases of the test.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "FLATMANIFEST_PLANTED"
RANKS = ["passed", "skipped", "failed"]  # the worst outcome of a test's three phases counts


class Outcomes:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.wanted: set[str] = set(json.loads(path.read_text())["wanted"])
        self.outcomes: dict[str, str] = {}

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        chosen = [item for item in items if self.wanted & names_of(item.nodeid)]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        known = self.outcomes.get(report.nodeid, RANKS[0])
        self.outcomes[report.nodeid] = max(known, report.outcome, key=RANKS.index)

    def pytest_sessionfinish(self) -> None:
        self.path.write_text(json.dumps({"outcomes": self.outcomes}))


def names_of(nodeid: str) -> set[str]:
    """Return the names of a test: with its parameters and without."""
    name = Path(nodeid.partition("::")[0]).name + "::" + nodeid.partition("::")[2]
    return {name, name.partition("[")[0]}


def pytest_configure(config: Any) -> None:
    config.pluginmanager.register(Outcomes(Path(os.environ[VARIABLE])), "outcomes")
