"""``flatmanifest profile`` on real dbt commands."""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import platform
import pstats
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import flatmanifest
from flatmanifest.profile import stacks
from flatmanifest.profile.__main__ import open_snakeviz
from flatmanifest.profile.clock import REST, Clock, seconds_per_call
from flatmanifest.profile.flame import svg, tree
from flatmanifest.profile.ledger import Ledger, manifest_of
from flatmanifest.profile.memory import Memory
from flatmanifest.profile.report import Report
from tests.dbt.profiling import REAL_PROGRAM, profile, report_of, written
from tests.projects import generate

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("chain")
    generate("chain", project, 5)
    (project / "tests").mkdir(exist_ok=True)
    (project / "tests" / "fails.sql").write_text("select 1 as one")
    return project


class Time:
    """A clock that the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)

    def take(self, seconds: float) -> None:
        self.now += seconds


def test_the_phases_of_nested_functions_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    passing = Time(monkeypatch)
    clock = Clock(time.perf_counter())
    inner = clock.timed(lambda: passing.take(2), "inner", "take")

    def outside() -> None:
        passing.take(1)
        inner()

    clock.timed(outside, "outer", "outside")()
    with clock.within("block"):
        passing.take(0.5)
        inner()
    passing.take(0.25)
    assert clock.stop() == 5.75
    assert {name: phase.seconds for name, phase in clock.phases.items()} == {
        REST: 0.25,
        "inner": 4,
        "outer": 1,
        "block": 0.5,
    }
    assert clock.phases["outer"].functions["outside"].seconds == 3
    assert clock.phases["inner"].calls == clock.phases["inner"].functions["take"].calls == 2


def test_what_calls_itself_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    passing = Time(monkeypatch)
    clock = Clock(time.perf_counter())

    def fall(depth: int) -> None:
        passing.take(1)
        if depth:
            again(depth - 1)

    again = clock.timed(fall, "falling", "fall")
    again(3)
    phase = clock.phases["falling"]
    assert phase.functions["fall"].calls == 4
    assert phase.functions["fall"].seconds == phase.seconds == 4


def test_other_threads_are_not_timed_and_errors_pass() -> None:
    clock = Clock(time.perf_counter())

    def fail() -> None:
        raise KeyError("x")

    timed = clock.timed(time.sleep, "sleeping", "sleep")
    thread = threading.Thread(target=timed, args=(0.01,))
    thread.start()
    thread.join()
    assert clock.phases["sleeping"].calls == 0
    with pytest.raises(KeyError):
        clock.timed(fail, "failing", "fail")()
    assert [phase.name for phase in clock.running] == [REST]
    assert clock.phases["failing"].calls == 1


def test_manifests_are_known_by_their_parse() -> None:
    document = {"metadata": {"invocation_id": "i"}, "nodes": {"a": 1}, "sources": {}, "macros": {}}
    assert manifest_of(document) == manifest_of(dict(document))
    assert manifest_of({**document, "metadata": {"invocation_id": "j"}}) != manifest_of(document)
    assert manifest_of({"nodes": {}}) is None
    assert manifest_of([document]) is None


def test_the_ledger_has_what_is_serialized(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("dumps", "loads", "dump", "load"):
        monkeypatch.setattr(json, name, getattr(json, name))  # restores it after the test
    for name in ("dumps", "loads", "dump"):
        monkeypatch.setattr(sys.modules["pickle"], name, getattr(sys.modules["pickle"], name))
    ledger = Ledger()
    ledger.watch_libraries()
    document = {"metadata": {"invocation_id": "é"}, "nodes": {}, "sources": {}, "macros": {}}
    text = json.dumps(document, ensure_ascii=False)
    with (tmp_path / "m.json").open("w", encoding="utf-8") as file:
        json.dump(document, file)
    json.loads(text)
    json.dumps([1, 2])
    entries = ledger.entries
    assert [(e.is_written, e.format) for e in entries] == [(True, "JSON")] * 2 + [(False, "JSON")]
    assert entries[0].bytes == len(text.encode())
    assert entries[1].bytes == (tmp_path / "m.json").stat().st_size
    assert entries[0].caller.endswith("test_the_ledger_has_what_is_serialized")
    assert ledger.double() == [entries[:2]]


def test_a_clock_costs_microseconds() -> None:
    assert seconds_per_call() < 20e-6


def test_a_warm_command_beside_an_earlier_one(chain: Path, tmp_path: Path) -> None:
    """With the plugin, a warm command serializes no manifest."""
    earlier = tmp_path / "earlier.json"
    profile(chain, "--json", str(earlier), "--top", "0", "--", "ls", "-q", switch="0")
    vanilla = Report.read(earlier)
    assert written(vanilla, "JSON") == 1
    assert vanilla.environment["flatmanifest"].endswith(", off")
    profile(chain, "--top", "0", "--", "ls", "-q")
    file = tmp_path / "report.json"
    given = ["--json", str(file), "--against", str(earlier), "--top", "0", "--fail-above", "900"]
    done = profile(chain, *given, "--", "ls", "-q")
    report = Report.read(file)
    assert not any(row.manifest for row in report.serialized)
    assert [row.format for row in report.serialized if row.format.startswith("fman")] == [
        "fman, in place"
    ]
    [total] = [line for line in done.stdout.splitlines() if line.startswith("total")]
    assert f"{vanilla.seconds:.3f}" in total.split()


def test_a_file_that_is_not_a_report_is_refused(chain: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("{}")
    done = profile(chain, "--against", str(page), "--", "ls", status=1)
    assert f"{page} is no report" in done.stderr
    done = profile(chain, "--against", "nowhere.json", "--", "ls", status=1)
    assert "cannot read nowhere.json: No such file" in done.stderr


def test_execution_and_its_threads(chain: Path) -> None:
    given = ["--top", "5", "--prof", "nowhere/dbt.prof", "--memory"]
    report = report_of(chain, *given, "--", "run", "--quiet")
    assert "cannot write nowhere/dbt.prof: No such file or directory" in report.notes
    execution = report.phase("execution")
    assert execution is not None
    assert execution.seconds > 0
    assert report.peak is not None
    assert report.peak > 50e6
    for phase in report.phases:
        if phase.peak is not None:
            assert phase.peak <= report.peak
    grown = sum(phase.growth or 0 for phase in report.phases)
    assert 0 < grown <= report.peak


def test_what_is_printed(chain: Path) -> None:
    prof = chain / "some.prof"
    done = profile(
        chain,
        "--top",
        "7",
        "--prof",
        str(prof),
        "--",
        "ls",
        "--select",
        "marts_3",
        program=REAL_PROGRAM,
    )
    lines = done.stdout.splitlines()
    assert "chain.marts.000.marts_3" in done.stdout  # dbt's own output
    assert any(line.startswith("TIMING BREAKDOWN") for line in lines)
    assert any(line.startswith("SERIALIZATION") for line in lines)
    for order in ("cumulative", "own"):
        at = next(
            i for i, line in enumerate(lines) if line.startswith(f"TOP 7 FUNCTIONS by {order}")
        )
        numbers = [
            float(line.split()[order == "own"].replace(",", "")) for line in lines[at + 2 : at + 9]
        ]
        assert numbers == sorted(numbers, reverse=True)
    assert "importlib" in done.stdout
    assert f"snakeviz {prof}" in done.stdout
    assert pstats.Stats(str(prof)).total_calls > 1000  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("command", "status", "said", "summary"),
    [
        (["test", "--select", "fails"], 1, "Got 1 result", ""),
        (["no-such-command"], 2, "No such command", ": No such command 'no-such-command'."),
        (
            ["parse", "--project-dir", "models", "--profiles-dir", "."],
            2,
            "No dbt_project.yml",
            ": Runtime Error No dbt_project.yml found at expected path",
        ),
    ],
)
def test_a_failing_command_fails_as_it_would(
    chain: Path, command: list[str], status: int, said: str, summary: str
) -> None:
    done = profile(chain, "--top", "0", "--", *command, status=status)
    assert said in done.stdout + done.stderr
    assert f"failed with exit status {status}{summary}" in done.stdout
    assert "imports" in done.stdout


def test_limits(chain: Path) -> None:
    limits = ("900", "0.001", "imports=0.001", "read files=900")
    given = [part for limit in limits for part in ("--fail-above", limit)]
    done = profile(chain, "--top", "0", *given, "--", "ls", "-q", status=1, program=REAL_PROGRAM)
    assert "'imports' took" in done.stderr
    assert "'read files' took" not in done.stderr
    assert done.stderr.count("the command took") == 1
    done = profile(chain, "--fail-above", "soon", "--", "ls", status=1)
    assert "--fail-above soon: expected SECONDS" in done.stderr
    done = profile(chain, "--fail-above", "raed files=1", "--", "ls", status=1)
    assert "--fail-above: there is no 'raed files'; there are: interpreter start" in done.stderr


def test_wrong_usage(chain: Path) -> None:
    done = profile(chain, "ls", status=2)
    assert "unrecognized arguments: ls" in done.stderr
    done = profile(chain, status=2)
    assert "dbt's arguments are missing, after --" in done.stderr
    done = profile(chain, "--top", "-1", "--", "ls", status=2)
    assert "must not be negative" in done.stderr
    done = profile(chain, "--script", "nothing.py", "--", "ls", status=1)
    assert "there is no program nothing.py" in done.stderr
    assert "--compare" in profile(chain, "--help").stdout


def test_dbts_own_profiler_has_precedence(chain: Path) -> None:
    report = report_of(chain, "--", "--record-timing-info", "own.prof", "ls", "-q")
    assert report.functions == {}
    assert any("--record-timing-info" in note for note in report.notes)
    assert (chain / "own.prof").exists()


def test_without_dbt(tmp_path: Path) -> None:
    """The interpreter has only flatmanifest."""
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "flatmanifest").symlink_to(Path(flatmanifest.__file__).parent)
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    done = subprocess.run(
        [base, "-m", "flatmanifest.profile", "--", "ls"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "there is no dbt in" in done.stderr
    assert "pip install dbt-core" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def answers(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith(("most used:", "views:"))]


def test_the_worked_example(chain: Path) -> None:
    """The example of docs/profiling.md: a program that serializes twice, the alarm, and the fix."""
    program = ROOT / "examples" / "serialize_twice.py"
    twice = profile(chain, "--top", "0", "--script", str(program), "--", ".")
    alarms = [line for line in twice.stdout.splitlines() if line.startswith("! double")]
    [alarm] = alarms
    assert "made into JSON 2 times: __main__:main:" in alarm
    fixed = ROOT / "examples" / "read_in_place.py"
    once = profile(chain, "--top", "0", "--script", str(fixed), "--", ".")
    assert "double serialization" not in once.stdout
    assert "__main__" not in once.stdout.partition("SERIALIZATION")[2]
    assert answers(once.stdout) == answers(twice.stdout)
    assert len(answers(once.stdout)) == 2


def test_a_program_that_fails(chain: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("raise ValueError('no luck')")
    given = ["--top", "0", "--json", "nowhere/report.json", "--script", str(program)]
    done = profile(chain, *given, "--", status=1)
    assert "Traceback" in done.stderr
    assert "ValueError: no luck; this is what ran" in done.stdout
    assert "nowhere/report.json: No such file or directory" in done.stderr


def test_stacks_become_a_flame_graph_and_speedscope(tmp_path: Path) -> None:
    own = "(flatmanifest/profile/"
    command = f"main {own}__main__.py:1);_run {own}measurement.py:9)"
    recorded = [
        f"{command};a (dbt/a.py:1);b <&> (b.so) 3",
        f"{command};call {own}clock.py:2);a (dbt/a.py:1) 1",
        f"main {own}__main__.py:1);top {own}functions.py:3) 50",
        "worker (threading.py:1);c (dbt/c.py:2) 4",
    ]
    (tmp_path / "stacks").write_text("\n".join(recorded))
    found = stacks.read(tmp_path / "stacks")
    assert found == {
        ("a (dbt/a.py:1)", "b <&> (b.so)"): 3,
        ("a (dbt/a.py:1)",): 1,
        ("worker (threading.py:1)", "c (dbt/c.py:2)"): 4,
    }
    root = tree(found)
    assert root.samples == 8
    assert root.calls["a (dbt/a.py:1)"].samples == 4
    picture = svg(found)
    assert "b &lt;&amp;&gt; (b.so): 37.5%" in picture
    assert 'width="600.00"' in picture
    scope: dict[str, Any] = json.loads(stacks.speedscope(found, "dbt ls"))
    [sampled] = scope["profiles"]
    names = [frame["name"] for frame in scope["shared"]["frames"]]
    assert [[names[i] for i in sample] for sample in sampled["samples"]] == [list(s) for s in found]
    assert sampled["endValue"] == pytest.approx(8 / stacks.RATE)


def test_without_py_spy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "NAME", "py-spy-which-is-not-there")
    with pytest.raises(stacks.UnavailableError, match="pip install py-spy"):
        stacks.check(native=True)


def refuse_to_be_looked_into() -> None:
    """Make ptrace and process_vm_readv fail with EPERM, as a container without SYS_PTRACE does."""
    load, jump_if_equal, give_back = 0x20, 0x15, 0x06
    numbers = {"x86_64": (310, 101), "aarch64": (270, 117)}[platform.machine()]
    rules = [
        (load, 0, 0, 0),
        *((jump_if_equal, left, 0, call) for left, call in zip((2, 1), numbers, strict=True)),
        (give_back, 0, 0, 0x7FFF0000),
        (give_back, 0, 0, 0x00050000 | errno.EPERM),
    ]
    program = b"".join(struct.pack("HBBI", *rule) for rule in rules)
    code = ctypes.create_string_buffer(program)
    header = struct.pack("HP", len(rules), ctypes.addressof(code))
    libc = ctypes.CDLL(None)
    no_new_privileges, set_seccomp, filter_mode = 38, 22, 2
    assert libc.prctl(no_new_privileges, 1, 0, 0, 0) == 0
    assert libc.prctl(set_seccomp, filter_mode, header, 0, 0) == 0


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="needs Linux's seccomp",
)
def test_py_spy_may_not_look(chain: Path, tmp_path: Path) -> None:
    try:
        stacks.executable()
    except stacks.UnavailableError as error:
        pytest.skip(str(error))
    page = tmp_path / "page.html"
    done = profile(
        chain, "--native", "--top", "0", "--html", str(page), "--", "--version",
        before=refuse_to_be_looked_into, program=REAL_PROGRAM,
    )  # fmt: skip
    [line] = [line for line in done.stdout.splitlines() if line.startswith("no stacks:")]
    assert "Operation not permitted" in line or "Permission denied" in line
    assert "--cap-add=SYS_PTRACE" in line
    assert "TIMING BREAKDOWN" in done.stdout
    assert "Operation not permitted" in page.read_text()


def test_without_snakeviz(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "snakeviz", None)
    open_snakeviz(tmp_path / "dbt.prof")
    assert capsys.readouterr().err == "snakeviz is not installed: pip install snakeviz\n"


def test_py_spy_fails_otherwise() -> None:
    said = "Error: Failed to do it\n\nCaused by:\n 0: this\n\nStack backtrace:\n 0: that\n"
    assert stacks.reason_of(said) == "Error: Failed to do it"
    assert stacks.reason_of("") == "it does not say why"


def test_native_stacks(chain: Path, tmp_path: Path) -> None:
    try:
        stacks.check(native=True)
    except stacks.UnavailableError as error:
        pytest.skip(str(error))
    flame, scope = tmp_path / "flame.svg", tmp_path / "scope.json"
    given = ["--native", "--flame", str(flame), "--speedscope", str(scope), "--top", "0"]
    report = report_of(chain, *given, "--", "no-such-command", status=2, program=REAL_PROGRAM)
    assert report.error == "No such command 'no-such-command'."
    names = {frame["name"] for frame in json.loads(scope.read_text())["shared"]["frames"]}
    assert any("dbt/" in name for name in names)
    assert any(".so" in name for name in names)  # native ones
    assert not any("flatmanifest/profile/" in name for name in names)
    assert flame.read_text().startswith("<svg")


def test_a_comparison(chain: Path, tmp_path: Path) -> None:
    file, page = tmp_path / "comparison.json", tmp_path / "page.html"
    given = ["--compare", "--rounds", "1", "--json", str(file), "--html", str(page)]
    limits = ["--fail-above", "900", "--fail-above", "front door=0.0001"]
    done = profile(chain, *given, *limits, "--", "ls", status=1)
    assert "'front door' took" in done.stderr
    found = json.loads(file.read_text())
    assert [side["name"] for side in found["sides"]] == [
        "dbt alone",
        "with the plugin",
        "front door",
    ]
    alone, _, front = found["sides"]
    assert alone["ratio"] == 1
    assert front["ratio"] == pytest.approx(alone["seconds"][0] / front["seconds"][0])
    assert front["ratio"] > 10
    assert f"{front['ratio']:.2f}x" in page.read_text()
    done = profile(chain, "--compare", "--", "ls", "--select", "state:modified", status=2)
    assert "nothing to compare: dbt alone ended with exit status 2" in done.stderr
    assert "no comparison manifest" in done.stderr


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_the_peak_of_each_phase_is_its_own() -> None:
    memory = Memory()
    memory.switch("before")
    # New pages: malloc would reuse memory that an earlier test has freed.
    large = mmap.mmap(-1, 64_000_000)
    for offset in range(0, len(large), mmap.PAGESIZE):
        large[offset] = 1
    memory.switch("large")
    large.close()
    memory.switch("freed")
    memory.switch("after")
    is_own = memory.can_reset  # whether the kernel lets a process reset its peak
    memory.close()
    assert memory.phases["large"].growth == pytest.approx(64e6, rel=0.05)
    assert memory.phases["freed"].growth == pytest.approx(-64e6, rel=0.05)
    if is_own:
        # Not memory.peak: earlier tests in this process may have used more memory.
        without = memory.phases["large"].peak - 64e6
        assert memory.phases["after"].peak == pytest.approx(without, rel=0.05)
