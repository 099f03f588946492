"""What dbt depends on, recorded while dbt asks for it: docs/cache-files.md, "Dependencies".

- ``environment``: the names of environment variables that are looked up
- ``files``: the paths that are read, listed or probed
- ``values``: values without a source that templates use, such as ``run_started_at``
- ``recording``: all three, for one command from before dbt reads its first setting
- ``record``: :class:`Dependencies`, which is written into cache files and checked by native code
"""

from __future__ import annotations

from flatmanifest.dbt.dependencies.record import Dependencies
from flatmanifest.dbt.dependencies.recording import DependencyRecorder, NotRecordedError

__all__ = ["Dependencies", "DependencyRecorder", "NotRecordedError"]
