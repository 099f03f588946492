"""A program that has dbt parse in a thread, where its process cannot be copied for workers.

They are then copies of another one, here however small the project is: what that costs is asked.
"""

from __future__ import annotations

import importlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def main() -> None:
    if os.environ.get("FLATMANIFEST") != "0":
        importlib.import_module("dbt_flatmanifest")  # the seams first
        parallel: Any = importlib.import_module("flatmanifest.dbt.workers.parse_project")
        parallel.LEAST_FILES = 0
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    with ThreadPoolExecutor(1) as executor:
        result = executor.submit(dbtRunner().invoke, sys.argv[1:]).result()
    if result.exception is not None:
        raise result.exception


if __name__ == "__main__":
    main()
