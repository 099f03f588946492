"""Resident memory by phase."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from dataclasses import dataclass

STATUS = "/proc/self/status"
STATUS_SIZE = 8192
CLEAR_REFS = "/proc/self/clear_refs"
RESET_PEAK = b"5"  # proc(5): sets VmHWM back to what is resident now


@dataclass
class Usage:
    """Resident bytes of a phase: the growth of the process, and its peak."""

    growth: int = 0
    peak: int = 0


class Memory:
    """Notes the resident memory whenever the phase changes.

    On Linux the peak of each phase is exact: the kernel keeps the peak and resets it on request.
    Elsewhere, or where the request is refused, a peak is that of the process so far. The files of
    /proc stay open until :meth:`close`, because a parse switches phases thousands of times.
    """

    def __init__(self) -> None:
        """Begin with the memory that is resident now."""
        self.phases: dict[str, Usage] = {}
        self._status = _open(STATUS, os.O_RDONLY)
        self._clear_refs = _open(CLEAR_REFS, os.O_WRONLY)
        self.resident, self.peak = self._read()
        self._reset()

    @property
    def can_reset(self) -> bool:
        """Whether each peak is that of its phase alone."""
        return self._clear_refs is not None

    def switch(self, ending: str) -> None:
        """Add the growth and the peak since the last switch to the phase that ends."""
        resident, peak = self._read()
        usage = self.phases.setdefault(ending, Usage())
        usage.growth += resident - self.resident
        usage.peak = max(usage.peak, peak, resident)
        self.resident = resident
        self.peak = max(self.peak, peak)
        self._reset()

    def close(self) -> None:
        """Close the files of /proc. May be called again."""
        for file in (self._status, self._clear_refs):
            if file is not None:
                os.close(file)
        self._status = self._clear_refs = None

    def _reset(self) -> None:
        if self._clear_refs is None:
            return
        try:
            os.pwrite(self._clear_refs, RESET_PEAK, 0)
        except OSError:
            os.close(self._clear_refs)
            self._clear_refs = None

    def _read(self) -> tuple[int, int]:
        """The bytes that are resident now, and the peak. Without /proc, both are the peak."""
        if self._status is not None:
            with contextlib.suppress(OSError, ValueError):
                status = os.pread(self._status, STATUS_SIZE, 0)
                return _kilobytes(status, b"VmRSS:") * 1024, _kilobytes(status, b"VmHWM:") * 1024
        unit = 1 if sys.platform == "darwin" else 1024
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
        return most, most


def _open(path: str, flags: int) -> int | None:
    try:
        return os.open(path, flags)
    except OSError:
        return None


def _kilobytes(status: bytes, name: bytes) -> int:
    start = status.index(name) + len(name)
    return int(status[start : status.index(b"kB", start)])
