"""A program in which dbt parses in a thread, so that its process cannot be forked for workers.

The workers are then forked from a third process. Here that happens for projects of any size, so
that its cost can be measured.
"""

from __future__ import annotations

import importlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def main() -> None:
    if os.environ.get("FLATMANIFEST") != "0":
        importlib.import_module("dbt_flatmanifest")  # the seams before the first look at dbt
        parallel: Any = importlib.import_module("flatmanifest.dbt.workers.parse_project")
        parallel.LEAST_FILES = 0
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    with ThreadPoolExecutor(1) as executor:
        result = executor.submit(dbtRunner().invoke, sys.argv[1:]).result()
    if result.exception is not None:
        raise result.exception


if __name__ == "__main__":
    main()
