"""The dependencies of dbt, recorded while dbt uses them: docs/cache-files.md, "Dependencies".

- ``environment``: the names of environment variables that are looked up
- ``files``: the paths that are read, listed or probed
- ``values``: values without a source that templates use, such as ``run_started_at``
- ``callers``: the modules that are running, for the three above
- ``recording``: all three kinds, for one command, from before dbt reads its first setting
- ``record``: :class:`Dependencies`, which is written into cache files and checked by native code
"""

from __future__ import annotations

from flatmanifest.dbt.dependencies.record import Dependencies
from flatmanifest.dbt.dependencies.recording import DependencyRecorder, NotRecordedError

__all__ = ["Dependencies", "DependencyRecorder", "NotRecordedError"]
