"""``python -m tests.projects NAME DIR`` writes one of the projects."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.projects.catalog import PROJECTS, generate


def _arguments() -> argparse.ArgumentParser:
    names = "\n".join(f"  {name:<17} {kind.description}" for name, kind in PROJECTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.projects",
        description="Generate a dbt project that runs on DuckDB, profile and database included.",
        epilog=f"projects:\n{names}\n\nThen, in DIR: dbt parse",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", choices=PROJECTS, help="one of the projects below")
    parser.add_argument("directory", metavar="DIR", type=Path, help="a new or empty directory")
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--chains",
        type=int,
        metavar="N",
        help="size of 'chain' (default 10): N chains are 4 N models",
    )
    size.add_argument("--models", type=int, metavar="N", help="size of 'simple' (default 100)")
    return parser


def main() -> int:
    """Run the command line and return its exit status."""
    parser = _arguments()
    options = parser.parse_args()
    kind = PROJECTS[options.name]
    for unit in ("chains", "models"):
        if getattr(options, unit) is not None and kind.unit != unit:
            parser.error(f"--{unit} does not go with {options.name}")
    size = options.models if options.chains is None else options.chains
    started = time.perf_counter()
    try:
        files = generate(options.name, options.directory, size)
    except (ValueError, OSError) as error:
        print(f"python -m tests.projects: {error}", file=sys.stderr)
        return 1
    seconds = time.perf_counter() - started
    print(f"{options.directory}: {options.name}, {files} files in {seconds:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
