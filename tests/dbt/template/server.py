"""The template: ``server.py DIRECTORY`` runs until the end of its standard input.

dbt alone listens at ``DIRECTORY/dbt``; a copy with the plugin's modules listens at
``DIRECTORY/plugin``. client.py sends a request; the answer is the process id of a copy, and its
wait status when it has ended. A copy is killed when its client or its template ends.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import gc
import importlib
import importlib.util
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import traceback
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

WITHOUT_PLUGIN, WITH_PLUGIN = "dbt", "plugin"
SET_PARENT_DEATH_SIGNAL = 1
ADAPTER = "dbt.adapters.duckdb"
FAILED = "failed"  # a file of this name says that no template will start


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends for any reason."""
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def import_dbt() -> None:
    import dbt.cli.main  # noqa: F401

    # Each copy imports the adapter itself if the import starts a thread.
    if not starts_threads(ADAPTER):
        importlib.import_module(ADAPTER)


def starts_threads(module: str) -> bool:
    """Try in a child whether importing a module starts threads, as newer versions of DuckDB do."""
    process = os.fork()
    if process == 0:
        importlib.import_module(module)
        os._exit(len(os.listdir("/proc/self/task")) > 1)
    return os.waitpid(process, 0)[1] != 0


def product_module(name: str) -> Any:
    """Load a module of flatmanifest.dbt.resident alone: this process must not know the plugin."""
    place = Path(__file__).parents[3] / "python" / "flatmanifest" / "dbt" / "resident"
    spec = importlib.util.spec_from_file_location(name, place / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def use_for_nothing(call: Callable[..., object], *arguments: Any) -> None:
    """Make a call only for its side effect: a class's functions are made by their first use."""
    with contextlib.suppress(Exception):
        call(*arguments)


BLOCKS = {"macro", "materialization", "test", "data_test"}  # as dbt.parser.macros allows


class Nothing(dict[Any, Any]):
    """A dict that stays empty."""

    def __setitem__(self, key: Any, value: Any) -> None:
        pass


def parse_macros_of_dbt() -> None:
    """Parse the macros of dbt and of the adapter once and keep the result, as dbt's own tests do.

    Syntax trees are kept. The blocks of a file are not: dbt would warn about them only once.
    """
    import dbt.include
    from dbt.clients import jinja_static
    from dbt_common.clients import jinja
    from dbt_common.tests import enable_test_caching

    vars(jinja)["_TESTING_BLOCKS_CACHE"] = Nothing()
    enable_test_caching()
    calls_of = jinja_static.statically_extract_macro_calls
    for place in dbt.include.__path__:
        for path in sorted(Path(place).glob("*/macros/**/*.sql")):
            for block in jinja.extract_toplevel_blocks(path.read_text("utf-8"), BLOCKS):
                jinja.parse(block.full_block)
                use_for_nothing(calls_of, block.full_block, {})  # fails without a context


def import_plugin() -> None:
    os.environ["FLATMANIFEST"] = "1"
    import dbt_flatmanifest  # noqa: F401
    import flatmanifest.dbt.front_door.answers
    import flatmanifest.dbt.front_door.transcript  # noqa: F401


def check_threads() -> None:
    """Raise an error if there is a second thread, which copies would lack."""
    threads = os.listdir("/proc/self/task")
    if len(threads) != 1:
        message = f"the template has {len(threads)} threads: a copy of it would lack all but one"
        raise RuntimeError(message)


class Gone(Exception):  # noqa: N818 - not a failure
    """The client has closed its end of the connection."""


def received(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    descriptors = array.array("i")
    head, ancillary, _, _ = connection.recvmsg(8, socket.CMSG_SPACE(3 * descriptors.itemsize))
    for _, _, data in ancillary:
        descriptors.frombytes(data)
    with connection.makefile("rb") as stream:
        length = int.from_bytes(head, "big")
        message = stream.read(length)
    if len(head) < 8 or len(message) < length or len(descriptors) != 3:
        for descriptor in descriptors:
            os.close(descriptor)
        raise Gone
    return json.loads(message), list(descriptors)


def ended_status(call: Callable[[], object]) -> int:
    """Run a call as Python runs a program, exit functions included; return the exit status."""
    status = 0
    try:
        call()
    except SystemExit as exit_:
        if isinstance(exit_.code, int):
            status = exit_.code & 0xFF
        elif exit_.code is not None:
            sys.stderr.write(f"{exit_.code}\n")
            status = 1
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        traceback.print_exc()
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - as Python's own end does
    import atexit

    atexit._run_exitfuncs()  # noqa: SLF001
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BrokenPipeError, ValueError):
            stream.flush()
    return status


def become(request: dict[str, Any], descriptors: list[int]) -> None:
    """Turn this copy into the client's process."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.umask(request["umask"])
    os.chdir(bytes.fromhex(request["directory"]))
    os.environb.clear()
    for name, text in request["environment"]:
        os.environb[bytes.fromhex(name)] = bytes.fromhex(text)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        mode = "r" if number == 0 else "w"
        errors = "backslashreplace" if name == "stderr" else None
        stream = open(  # noqa: SIM115 - open until the process ends
            number, mode, closefd=False, encoding="utf-8", errors=errors,
            buffering=1 if name == "stderr" or os.isatty(number) else -1,
        )  # fmt: skip
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.executable = request["executable"]
    places = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [place for place in places if place]
    import random

    random.seed()
    from dbt_common.invocation import reset_invocation_id

    reset_invocation_id()


def run(arguments: list[str]) -> None:
    option, what, *rest = arguments
    sys.modules.pop("__mp_main__", None)  # this server, which is no code of the command
    if option == "-c":
        sys.argv = ["-c", *rest]
        sys.path.insert(0, "")
        main = type(sys)("__main__")
        sys.modules["__main__"] = main
        exec(compile(what, "<string>", "exec"), vars(main))  # noqa: S102
        return
    sys.path.insert(0, os.getcwd())
    if what == "dbt.cli.main":  # already imported; runpy would import it again
        from dbt.cli import main as of_dbt

        main = type(sys)("__main__")
        main.__package__ = "dbt.cli"
        sys.modules["__main__"] = main
        sys.argv = [of_dbt.__file__, *rest]
        if hasattr(of_dbt, "load_dotenv"):  # dbt 1.12 calls it on import
            of_dbt.load_dotenv(of_dbt.find_dotenv(usecwd=True), override=False)
        of_dbt.cli()
    else:
        if what == "flatmanifest.dbt" and hasattr(sys.modules["dbt.cli.main"], "load_dotenv"):
            del sys.modules["dbt.cli.main"]  # imported again when reads are recorded
        sys.argv = [what, *rest]
        runpy.run_module(what, run_name="__main__", alter_sys=True)


class Server:
    """Makes copies of this process for its clients."""

    def __init__(self, path: str, until: int | None, other: int | None) -> None:
        """The server ends when the descriptor ``until`` or the process ``other`` ends."""
        self.selector = selectors.DefaultSelector()
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listening.bind(path)
        self.listening.listen(64)
        self.selector.register(self.listening, selectors.EVENT_READ, self.accept)
        self.until = until
        self.other = other
        if until is not None:
            self.selector.register(until, selectors.EVENT_READ, self.end)
        if other is not None:
            watched = os.pidfd_open(other)
            self.selector.register(watched, selectors.EVENT_READ, lambda: self.end_after(other))
        self.running: dict[int, tuple[int, socket.socket]] = {}  # by its pidfd

    def serve(self) -> None:
        while True:
            for key, _ in self.selector.select():
                if key.fileobj in self.selector.get_map():
                    key.data()

    def end(self) -> None:
        """End the other template, so that its time counts, and then this one with all copies."""
        if self.other is not None:
            os.kill(self.other, signal.SIGKILL)
            os.waitpid(self.other, 0)
        os._exit(0)

    def end_after(self, other: int) -> None:
        _, status = os.waitpid(other, 0)
        sys.exit(f"the template with the plugin has ended: wait status {status}")

    def accept(self) -> None:
        connection, _ = self.listening.accept()
        try:
            request, descriptors = received(connection)
        except (Gone, OSError):
            connection.close()
            return
        process = os.fork()
        if process == 0:
            self.copied(connection, request, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        watched = os.pidfd_open(process)
        self.running[watched] = (process, connection)
        self.selector.register(watched, selectors.EVENT_READ, lambda: self.has_ended(watched))
        self.selector.register(connection, selectors.EVENT_READ, lambda: self.is_gone(watched))

    def copied(
        self, connection: socket.socket, request: dict[str, Any], descriptors: list[int]
    ) -> None:
        """Run the client's request in the copy until its end."""
        status = 1
        try:
            end_with_parent()
            connection.sendall(b"%d\n" % os.getpid())
            connection.close()
            for descriptor in (*self.running, self.listening.fileno()):
                os.close(descriptor)
            for _, of_another in self.running.values():
                of_another.close()
            self.selector.close()
            become(request, descriptors)
            status = ended_status(lambda: run(request["arguments"]))
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    def is_gone(self, watched: int) -> None:
        """Kill the copy: a client sends nothing after its request, so it has ended."""
        process, connection = self.running[watched]
        self.selector.unregister(connection)
        signal.pidfd_send_signal(watched, signal.SIGKILL)
        self.running[watched] = (process, connection)

    def has_ended(self, watched: int) -> None:
        process, connection = self.running.pop(watched)
        _, status = os.waitpid(process, 0)
        self.selector.unregister(watched)
        os.close(watched)
        if connection in self.selector.get_map():
            self.selector.unregister(connection)
        with contextlib.suppress(OSError):
            connection.sendall(b"%d\n" % status)
        connection.close()


def main(directory: str) -> None:
    del sys.path[0]  # this file's directory
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.chdir(directory)
    import_dbt()
    product_module("classes").prepare_classes([ADAPTER])
    parse_macros_of_dbt()
    resource_tracker.ensure_running()  # copies share it instead of starting one each
    other = os.fork()
    if other == 0:
        end_with_parent()
        import_plugin()
    check_threads()
    gc.collect()
    gc.freeze()  # the collector would touch, and so copy, the pages of objects that stay
    if other == 0:
        Server(WITH_PLUGIN, None, None).serve()
    else:
        Server(WITHOUT_PLUGIN, sys.stdin.fileno(), other).serve()


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Exception:
        with open(f"{sys.argv[1]}/{FAILED}", "w"):  # noqa: PTH123
            raise
