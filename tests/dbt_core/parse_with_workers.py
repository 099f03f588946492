"""A pytest plugin with which workers parse the projects of dbt-core's tests, also small ones.

The process must have no second thread: pytest runs without xdist. The summary has the number of
files that workers have parsed.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

os.environ.setdefault("FLATMANIFEST_PARSE_WORKERS", "2")
importlib.import_module("dbt_flatmanifest")
parse_project: Any = importlib.import_module("flatmanifest.dbt.workers.parse_project")
parse_project.LEAST_WEIGHT = 0
parsed = 0


def counted(*arguments: Any) -> None:
    global parsed  # noqa: PLW0603 - pytest's plugins are modules
    parsed += 1
    original(*arguments)


original, parse_project.apply = parse_project.apply, counted


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.write_line(f"{parsed} files were parsed by workers")
