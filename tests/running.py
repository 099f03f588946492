"""Whether a process runs, for tests of what ends processes."""

from __future__ import annotations

from pathlib import Path


def is_running(pid: int) -> bool:
    """False for one that has ended and that its new parent has not asked after yet, too."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    # The name before may hold spaces and parentheses.
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}
