"""A program that has dbt parse in a thread, where its process cannot be copied for workers."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor


def main() -> None:
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    with ThreadPoolExecutor(1) as executor:
        result = executor.submit(dbtRunner().invoke, sys.argv[1:]).result()
    if result.exception is not None:
        raise result.exception


if __name__ == "__main__":
    main()
