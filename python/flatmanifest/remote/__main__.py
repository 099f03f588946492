"""The command line of ``flatmanifest cache push`` and ``flatmanifest cache pull``."""

from __future__ import annotations

import argparse
import sys

from flatmanifest._native import cache_directory, most_cache_bytes
from flatmanifest.remote.supervision import (
    OF_USER,
    URL_VARIABLE,
    Outcome,
    performed,
    shown,
    url_of_environment,
)

FAILED = 1
WRONG_USAGE = 2
DOES = {
    "push": "Send the portable files of a project's cache to a URL, for other machines.",
    "pull": "Take portable files from a URL into a project's cache.",
}


def main() -> None:
    """Read the command line; exit."""
    command, *given = sys.argv[1:]
    options = arguments_parser(command).parse_args(given)
    url = options.url or url_of_environment()
    if not url:
        sys.stderr.write(f"flatmanifest: name a URL, or set {URL_VARIABLE}\n")
        sys.exit(WRONG_USAGE)
    directory = cache_directory(options.project_dir, options.target_path)
    if directory is None:
        sys.exit(
            "flatmanifest: there is no dbt_project.yml here or above, or its target-path is not a "
            "plain one: give --project-dir, --target-path"
        )
    outcome = performed(request_of(command, url, directory), OF_USER)
    if outcome.failure:
        sys.exit(f"flatmanifest: cache {command}: {shown(url)}: {outcome.failure}")
    sys.stdout.write(f"{summary(command, url, outcome)}\n")


def arguments_parser(command: str) -> argparse.ArgumentParser:
    """The parser of the arguments after ``cache push`` or ``cache pull``."""
    parser = argparse.ArgumentParser(
        prog=f"flatmanifest cache {command}", description=DOES[command], allow_abbrev=False
    )
    parser.add_argument(
        "url",
        metavar="URL",
        nargs="?",
        help=f"any that fsspec knows: s3://bucket/prefix, gs://…, az://…, a directory (default: "
        f"{URL_VARIABLE})",
    )
    parser.add_argument(
        "--project-dir",
        default="",
        metavar="TEXT",
        help="The project (default: here, or the nearest above)",
    )
    parser.add_argument(
        "--target-path",
        default="",
        metavar="TEXT",
        help="Its target directory (default: as dbt_project.yml has it)",
    )
    return parser


def request_of(command: str, url: str, directory: str) -> dict[str, object]:
    """The request to the worker."""
    request: dict[str, object] = {
        "do": command,
        "url": url,
        "directory": directory,
        "may_be_missing": command == "push",
    }
    if command == "push":
        return {**request, "stems": None}
    return {**request, "most_bytes": most_cache_bytes()}


def summary(command: str, url: str, outcome: Outcome) -> str:
    """The outcome of a transfer, in a line."""
    counts = outcome.counts
    done = {"push": "sent to", "pull": "taken from"}[command]
    text = (
        f"{plural(counts['entries'], 'entry', 'entries')} and "
        f"{plural(counts['transcripts'], 'recorded command')} {done} {shown(url)}"
    )
    if counts["there"]:
        text += f"; {counts['there']} there already"
    if counts["refused"]:
        text += f"; {counts['refused']} refused"
    return text


def plural(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


if __name__ == "__main__":
    main()
