"""``flatmanifest seams``: lists the replaced functions of dbt, and checks that they are known."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flatmanifest.dbt.releases import SUPPORTED, installed_release
from flatmanifest.dbt.seam_lock import compared, installed_packages, lock, name_of, write
from flatmanifest.dbt.seams import REGISTRY, MissingTargetError, Seam, Stage
from flatmanifest.dbt.switch import declare

if TYPE_CHECKING:
    from flatmanifest.dbt.releases import Release


def declared(release: Release) -> list[Seam]:
    """All seams of a release of dbt. It must be the installed release, as seams import dbt."""
    from flatmanifest.dbt.front_door import transcript  # noqa: F401, PLC0415 - imports dbt

    declare(release)
    return [each for each in REGISTRY if each.is_for(release, *Stage)]


def rows(seams: list[Seam], unknown: set[Seam]) -> list[str]:
    """A line for each seam: its target, what it does, its switch; "!" marks an unknown target."""
    found = []
    for each in sorted(seams, key=lambda one: (one.target, one.level)):
        mark = "!" if each in unknown else " "
        switch = f" (switch: {each.switch})" if each.switch else ""
        found.append(f"{mark} {each.target}: {each.does}{switch}")
    return found


def markdown(seams: list[Seam]) -> list[str]:
    """The table of docs/seams.md. The outermost of several seams on one function comes first."""
    lines = ["| dbt | instead | switch | releases |", "|---|---|---|---|"]
    for each in sorted(seams, key=lambda one: (one.target, -one.level)):
        releases = ", ".join(map(name_of, each.releases or SUPPORTED))
        lines.append(f"| `{each.target}` | {each.does} | {each.switch or ''} | {releases} |")
    return list(dict.fromkeys(lines))


def main() -> int:
    """Print the seams. Returns 1 if the installed dbt differs from the lock, else 0."""
    parser = argparse.ArgumentParser(
        prog="flatmanifest seams",
        description="Say which functions of dbt are replaced, and whether they are known.",
    )
    parser.add_argument(
        "--write",
        type=Path,
        metavar="FILE",
        help="for developers: write the installed functions into a checkout's seams.lock.json",
    )
    parser.add_argument("--markdown", action="store_true", help="print the table of docs/seams.md")
    options = parser.parse_args()
    release = installed_release()
    if release is None:
        known = ", ".join(map(name_of, SUPPORTED))
        sys.stderr.write(
            f"flatmanifest: the installed dbt-core is none of {known}: install one of these, "
            "or a newer flatmanifest\n"
        )
        return 1
    try:
        seams = declared(release)
        if options.write:
            write(options.write, release, seams)
        if options.markdown:
            sys.stdout.write("\n".join(markdown(seams)) + "\n")
            return 0
        targets = lock(options.write).get(name_of(release), {}).get("targets", {})
        unknown = set(compared(seams, targets))
    except (ImportError, MissingTargetError) as error:
        sys.stderr.write(
            f"flatmanifest: this dbt lacks what a seam replaces ({error}): "
            "a newer flatmanifest may know this dbt\n"
        )
        return 1
    versions = ", ".join(f"{name} {version}" for name, version in installed_packages().items())
    lines = [versions, *rows(seams, unknown)]
    if unknown:
        lines.append(f"! {len(unknown)} of {len(seams)} replace a function that is not known")
    else:
        lines.append(f"{len(seams)} seams; each replaces a function that is known")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
