"""Limits that a command's times must keep: ``--fail-above``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


class LimitError(Exception):
    """The text is no limit, or it names a phase that does not exist. The message says which."""


@dataclass(frozen=True)
class Limit:
    """The seconds that a phase, or a side of a comparison, may take.

    An empty name stands for the whole command.
    """

    name: str
    seconds: float

    @staticmethod
    def parse(text: str) -> Limit:
        """Read ``SECONDS`` or ``NAME=SECONDS``. Raises LimitError."""
        name, _, seconds = text.rpartition("=")
        try:
            return Limit(name.strip(), float(seconds))
        except ValueError:
            raise LimitError(
                f"--fail-above {text}: expected SECONDS or NAME=SECONDS, as in 'read files=1.5'"
            ) from None


def check_names(limits: Sequence[Limit], known: Sequence[str]) -> None:
    """Raise LimitError for an unknown name: a misspelled limit would never be exceeded."""
    for limit in limits:
        if limit.name and limit.name not in known:
            raise LimitError(
                f"--fail-above: there is no '{limit.name}'; there are: {', '.join(known)}"
            )


def exceeded(limits: Sequence[Limit], seconds: Mapping[str, float]) -> Iterator[str]:
    """A sentence for each limit that is exceeded. A phase that did not run took no time."""
    for limit in limits:
        taken = seconds.get(limit.name, 0.0)
        if taken > limit.seconds:
            what = f"'{limit.name}'" if limit.name else "the command"
            yield f"{what} took {taken:.3f} s, more than {limit.seconds:g} s (--fail-above)"
