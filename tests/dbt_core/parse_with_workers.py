"""A pytest plugin: workers parse the projects of dbt-core's tests, however small.

The process that it runs in must have no threads: pytest without xdist. At the end it says how many
files workers have parsed.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

os.environ.setdefault("FLATMANIFEST_PARSE_WORKERS", "2")
importlib.import_module("dbt_flatmanifest")
parallel: Any = importlib.import_module("flatmanifest.dbt.workers.parse_project")
parallel.LEAST_WEIGHT = 0
parsed = 0


def counted(*arguments: Any) -> None:
    global parsed  # noqa: PLW0603 - pytest's plugins are modules
    parsed += 1
    original(*arguments)


original, parallel.apply = parallel.apply, counted


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.write_line(f"{parsed} files were parsed by workers")
