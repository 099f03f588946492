"""A plugin of dbt that writes down what its process sees, for tests of the resident dbt.

A test puts a copy named ``dbt_shown_state.py`` on PYTHONPATH, where dbt finds it by its name. The
variable SHOWN names the file to write.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import locale
import os
import random
import resource
import signal
import sys
import threading
import time
import uuid
import warnings
from pathlib import Path
from typing import Any

from dbt.plugins.manager import dbtPlugin
from dbt_common.invocation import get_invocation_id, get_invocation_started_at

STREAM = ("encoding", "errors", "line_buffering", "write_through", "newlines", "name", "mode")


def stream_facts(stream: Any) -> Any:
    if stream is None:
        return None
    facts = {name: getattr(stream, name) for name in STREAM}
    buffer: Any = stream.buffer
    return {
        **facts,
        "kinds": [type(stream).__name__, type(buffer).__name__],
        "raw": [getattr(buffer, "raw", buffer).name, getattr(buffer, "raw", buffer).mode],
        "closefd": getattr(buffer, "raw", buffer).closefd,
        "terminal": stream.isatty(),
        "number": stream.fileno(),
        "is_original": stream is getattr(sys, f"__{facts['name'].strip('<>')}__"),
    }


def status_lines() -> dict[str, str]:
    """The lines of /proc/self/status about rights and signals (proc(5))."""
    wanted = {"Umask", "Uid", "Gid", "Groups", "SigBlk", "SigIgn", "SigCgt", "CapEff", "NoNewPrivs"}
    lines = Path("/proc/self/status").read_text().splitlines()
    pairs = (line.partition(":")[::2] for line in lines)
    return {name: value.strip() for name, value in pairs if name in wanted}


def open_files() -> dict[str, str]:
    """The descriptors that a started program inherits, with what they lead to."""
    found = {}
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the descriptor of the listing
            if os.get_inheritable(int(link.name)):
                found[link.name] = str(link.readlink()).partition(":[")[0]
    return dict(sorted(found.items()))


def same() -> dict[str, Any]:
    """The state that two processes of one command have in common."""
    main = sys.modules["__main__"]
    return {
        "argv": sys.argv,
        "orig_argv": sys.orig_argv,
        "environ": [[name, os.environ[name]] for name in os.environ],
        "directory": str(Path.cwd()),
        "flags": repr(sys.flags),
        "executable": [sys.executable, sys.prefix, sys.base_prefix],
        "path": sys.path,
        "meta_path": [getattr(each, "__name__", type(each).__name__) for each in sys.meta_path],
        "path_hooks": len(sys.path_hooks),
        "warnings": [[str(part) for part in each] for each in warnings.filters],
        "warn_options": sys.warnoptions,
        "streams": [stream_facts(each) for each in (sys.stdin, sys.stdout, sys.stderr)],
        "files": open_files(),
        "status": status_lines(),
        "limits": [resource.getrlimit(each) for each in range(16)],
        "nice": os.getpriority(os.PRIO_PROCESS, 0),
        "processors": sorted(os.sched_getaffinity(0)),
        "handlers": [str(signal.getsignal(each)).partition(" at ")[0] for each in range(1, 32)],
        "locale": [locale.setlocale(each) for each in (locale.LC_CTYPE, locale.LC_COLLATE)],
        "encodings": [sys.getfilesystemencoding(), locale.getpreferredencoding()],
        "time": [time.tzname, time.timezone],
        "main": [main.__name__, main.__spec__ and main.__spec__.name, main.__file__],
        "main_names": sorted(vars(main)),
        "threads": [each.name for each in threading.enumerate()],
        "tasks": len(os.listdir("/proc/self/task")),
        "gc": [gc.isenabled(), gc.get_threshold(), gc.get_debug()],
        "tracing": [str(sys.gettrace()), str(sys.getprofile())],
        "hooks": [each is original for each, original in hooks()],
        "limit": [sys.getrecursionlimit(), sys.getswitchinterval()],
        "exit_functions": atexit._ncallbacks(),  # noqa: SLF001
    }


def hooks() -> list[tuple[Any, Any]]:
    return [
        (sys.excepthook, sys.__excepthook__),
        (sys.displayhook, sys.__displayhook__),
        (sys.unraisablehook, sys.__unraisablehook__),
        (sys.breakpointhook, sys.__breakpointhook__),
    ]


def different() -> dict[str, Any]:
    """The state in which any two processes differ."""
    return {
        "random": random.random(),
        "uuid": str(uuid.uuid4()),
        "invocation": get_invocation_id(),
        "process": os.getpid(),
    }


class Plugin(dbtPlugin):  # type: ignore[misc]
    def initialize(self) -> None:
        shown = {
            "same": same(),
            "different": different(),
            "modules": sorted(sys.modules),
            "now": time.time(),
            "started": get_invocation_started_at().isoformat(),
        }
        Path(os.environ["SHOWN"]).write_text(json.dumps(shown, default=str))


plugins = [Plugin]
