"""The program behind PYTHON: ``client.py DIRECTORY REAL_PYTHON ARGUMENTS OF PYTHON``.

Hands its arguments, environment, directory and descriptors to the template, and ends with the exit
status of the template's copy. If a copy cannot run the arguments, the real Python runs them.
"""

import array
import json
import os
import signal
import socket
import sys
import time

SECONDS_TO_START = 60.0
MODULES = {"flatmanifest.dbt", "flatmanifest.profile", "dbt.cli.main", "bench.comparison"}
OURS = "tests."
# An exit status that dbt never has (EX_SOFTWARE): the template died before its copy.
DIED = 70


def is_for_the_template(arguments: list[str]) -> bool:
    if len(arguments) < 2:
        return False
    option, what = arguments[:2]
    return (option == "-c" and "worker_server.serve(" not in what) or (
        option == "-m" and (what in MODULES or what.startswith(OURS))
    )


def connect(directory: str) -> socket.socket:
    """Connect to the template that the environment asks for; wait until it has started."""
    kind = "dbt" if os.environ.get("FLATMANIFEST") == "0" else "plugin"
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The path goes through a descriptor: a socket's path has at most a hundred bytes.
    place = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            connection.connect(f"/proc/self/fd/{place}/{kind}")
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > deadline or os.path.exists(f"{directory}/failed"):
                sys.exit(f"{directory}: no template of dbt has started; its log is {directory}/log")
            time.sleep(0.02)
        else:
            os.close(place)
            return connection


def main() -> None:
    directory, python, *arguments = sys.argv[1:]
    if not is_for_the_template(arguments):
        os.execv(python, [python, *arguments])
    mask = os.umask(0)
    os.umask(mask)
    request = {
        "arguments": arguments,
        "environment": [[name.hex(), text.hex()] for name, text in os.environb.items()],
        "directory": os.fsencode(os.getcwd()).hex(),
        "umask": mask,
        "executable": f"{directory}/bin/python",
    }
    connection = connect(directory)
    message = json.dumps(request).encode()
    descriptors = array.array("i", [0, 1, 2]).tobytes()
    connection.sendmsg(
        [len(message).to_bytes(8, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)]
    )
    connection.sendall(message)
    with connection.makefile("rb") as answers:
        process = int(answers.readline() or b"0")
        if process:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda number, _frame: os.kill(process, number))
        status = answers.readline()
    if not status:
        sys.stderr.write(
            f"dbt's template ended before process {process} did; see {directory}/log\n"
        )
        os._exit(DIED)
    code = os.waitstatus_to_exitcode(int(status))
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


main()
