"""What one place has parsed is used in another, and only where dbt would find the same.

``origin`` is a project that was parsed once, with a cache outside. Each test makes another place
for the same contents, and compares what dbt alone leaves there.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgpack
import pytest

from flatmanifest.dbt.cache.portable import others_of
from tests.conftest import NOBODY
from tests.dbt.meanings import RELEASE
from tests.dbt.template import PROGRAM
from tests.dbt.test_front_logs import events_of
from tests.dbt.warm import Done, dbt, first_line, is_told
from tests.projects import generate
from tests.projects.parsed import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

COMMAND = ["ls", "--output", "json"]
MODEL = "models/staging/stg_orders.sql"
SKIPPED = "Partial parsing enabled, no changes found, skipping parsing"
# Times, ids and amounts that differ from one run to the next.
VARYING = re.compile(
    r"\d{4}-\d\d-\d\d[T ][\d:.]+(Z|\+00:00)?|\d\d:\d\d:\d\d(\.\d+)?"
    r"|[0-9a-f]{8}-[0-9a-f-]{27}|\"?\b\d+\.\d+\b\"?|\"process_\w+\": \"?[\d.]+\"?"
)
UNSHARE = shutil.which("unshare") or ""
SETPRIV = shutil.which("setpriv") or ""


def may_mount() -> bool:
    if os.geteuid() != 0 or not UNSHARE:
        return False
    here = str(Path(__file__).parent)
    command = [UNSHARE, "-m", "mount", "--bind", here, here]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


MAY_MOUNT = may_mount()
needs_mounts = pytest.mark.skipif(not MAY_MOUNT, reason="needs mounts, as root may make them")
needs_root = pytest.mark.skipif(os.geteuid() != 0 or not SETPRIV, reason="needs another user")
OF_TIME = {"created_at", "modification_time", "invocation_id", "_invocation_id"}


@dataclass
class Origin:
    project: Path
    cache: Path
    vanilla: dict[str, Any]  # what dbt alone leaves after two runs

    def run(self, place: Path, *arguments: str, program: Any = PROGRAM, **variables: Any) -> Done:
        variables = {"FLATMANIFEST_CACHE_DIR": str(self.cache), **variables}
        return dbt(place, *(arguments or COMMAND), program=program, **variables)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    base = tmp_path_factory.mktemp("places")
    found = Origin(base / "origin" / "project", base / "cache", {})
    generate("small_everything", found.project, None)
    for _ in range(2):  # dbt 1.12 warns while it parses, so that only the second run is recorded
        done = found.run(found.project)
        assert done.returncode == 0, done.stdout + done.stderr
    vanilla = base / "vanilla" / "project"
    generate("small_everything", vanilla, None)
    for _ in range(2):
        done = dbt(vanilla, *COMMAND, FLATMANIFEST="0")
    found.vanilla = left_by(vanilla, done)
    return found


def fresh(origin: Origin, place: Path) -> Path:
    """A copy without target and logs, with new times, as a checkout is."""
    left_out = shutil.ignore_patterns("target", "logs")
    return Path(
        shutil.copytree(origin.project, place, ignore=left_out, copy_function=shutil.copyfile)
    )


def plain(value: Any, root: str) -> Any:
    """A value without times and ids, and with another word for the project's path."""
    if isinstance(value, dict):
        return {key: plain(each, root) for key, each in value.items() if key not in OF_TIME}
    if isinstance(value, (list, tuple)):
        return [plain(each, root) for each in value]
    if isinstance(value, str):
        return VARYING.sub("…", value.replace(root, "ROOT"))
    return value


def left_by(project: Path, done: Done, target: Path | None = None) -> dict[str, Any]:
    """Everything that a listing prints and leaves, without what differs from run to run."""
    target = target or project / "target"
    graph = pickle.loads((target / "graph.gpickle").read_bytes())
    log = (project / "logs" / "dbt.log").read_text().rpartition("=====\n")[2]
    found = {
        "stdout": done.stdout,
        "log": log.splitlines()[3:],  # without the arguments, whose order varies
        "graph": [
            dict(graph.nodes.items()),
            {name: dict(edges) for name, edges in graph.adjacency()},
            {name: sorted(edges) for name, edges in graph.pred.items()},
        ],
        "saved": msgpack.unpackb(
            (target / "partial_parse.msgpack").read_bytes(), strict_map_key=False
        ),
        **{
            name: json.loads((target / f"{name}.json").read_text())
            for name in ("manifest", "semantic_manifest", "graph_summary")
        },
    }
    # Numbers follow the order of a set, which differs from run to run.
    summary = found["graph_summary"]
    found["graph_summary"] = {
        part: {
            node["name"]: sorted(summary[part][str(end)]["name"] for end in node.get("succ", ()))
            for node in summary[part].values()
        }
        for part in ("linked", "with_test_edges")
        if part in summary
    }
    return {name: plain(value, str(project)) for name, value in found.items()}


def assert_same(origin: Origin, found: dict[str, Any], *, but: Iterable[str] = ()) -> None:
    for name, value in origin.vanilla.items():
        if name not in but:
            assert found[name] == value, name


def copied(origin: Origin, place: Path) -> Path:
    return fresh(origin, place)


def linked(origin: Origin, place: Path) -> Path:
    """A directory of links to every file, as Cosmos makes for each run."""
    for path in origin.project.rglob("*"):
        relative = path.relative_to(origin.project)
        if relative.parts[0] in {"target", "logs"} or path.is_dir():
            continue
        (place / relative).parent.mkdir(parents=True, exist_ok=True)
        (place / relative).symlink_to(path)
    return place


def restored(origin: Origin, place: Path) -> Path:
    """A checkout at the same path as before, with a target directory that was kept elsewhere."""
    kept = place.with_name("kept")
    assert is_told(origin.run(fresh(origin, place)))
    shutil.move(place / "target", kept)
    shutil.rmtree(place)
    fresh(origin, place)
    shutil.copytree(kept, place / "target")
    return place


@pytest.mark.parametrize("make", [copied, linked])
def test_the_front_door_answers_in_another_place(
    origin: Origin, tmp_path: Path, make: Callable[[Origin, Path], Path]
) -> None:
    place = make(origin, tmp_path / "another")
    for _ in range(2):
        done = origin.run(place)
        assert is_told(done), done.stderr
        assert_same(origin, left_by(place, done))
    assert str(origin.project) not in (place / "target" / "manifest.json").read_text()
    assert str(origin.project) not in (place / "logs" / "dbt.log").read_text()
    # dbt goes on from what was put there.
    again = dbt(place, *COMMAND, FLATMANIFEST="0")
    assert SKIPPED in (place / "logs" / "dbt.log").read_text().rpartition("=====\n")[2]
    assert_same(origin, left_by(place, again))


JSON_LOGS = ["--log-format", "json", "--log-format-file", "json", "--log-level", "debug", "ls"]


@pytest.mark.parametrize(
    ("name", "is_native"), [("another", True), ("a b", True), ("it's", False), ("caf\xe9", False)]
)
def test_logs_of_json_in_another_place(
    origin: Origin, tmp_path: Path, name: str, *, is_native: bool
) -> None:
    """Dagster's way: JSON for each event, and a directory that is new each time."""
    origin.run(origin.project, *JSON_LOGS)
    origin.run(origin.project, *JSON_LOGS)
    place = fresh(origin, tmp_path / name)
    done = origin.run(place, *JSON_LOGS)
    assert is_told(done) == is_native, done.stderr
    assert done.returncode == 0
    assert str(origin.project) not in done.stdout
    if is_native:
        alone = dbt(place, *JSON_LOGS, FLATMANIFEST="0")
        assert events_of(done.stdout) == events_of(alone.stdout)


@pytest.mark.one_story
def test_a_target_path_that_is_new_each_time(origin: Origin, tmp_path: Path) -> None:
    """Dagster's way: a relative target path for each command, in which the log lies, too."""
    place = fresh(origin, tmp_path / "another")
    logs = []
    for name in ("1cc8471", "2dd9582", "3eea693"):
        target = f"target/{name}"
        given = {"DBT_TARGET_PATH": target, "DBT_LOG_PATH": target, "DBT_LOG_FORMAT": "json"}
        done = origin.run(place, "ls", DBT_PROJECT_DIR=str(place), **given)
        assert done.returncode == 0, done.stdout
        assert is_told(done) or name != "3eea693", done.stderr
        logs.append((place / target / "dbt.log").read_text())
        assert name in logs[-1]
    assert "1cc8471" not in logs[2]
    assert "2dd9582" not in logs[2]
    (place / "target" / "3eea693" / "dbt.log").unlink()
    native = done
    alone = origin.run(place, "ls", DBT_PROJECT_DIR=str(place), FLATMANIFEST="0", **given)
    assert events_of(native.stdout) == events_of(alone.stdout)
    logged = (place / "target" / "3eea693" / "dbt.log").read_text()
    assert len(logged.splitlines()) == len(logs[2].splitlines())
    manifest = json.loads((place / "target" / name / "manifest.json").read_text())
    assert plain(manifest, str(place)) == origin.vanilla["manifest"]


@pytest.mark.skipif(RELEASE >= (1, 12), reason="dbt 1.12 compares with --state alone")
def test_an_earlier_run_in_another_place(origin: Origin, tmp_path: Path) -> None:
    """--state is compared by content, too, and its manifest is converted there."""
    with_state = ["ls", "-s", "state:modified", "--state", "earlier"]
    first = fresh(origin, tmp_path / "first")
    assert is_told(origin.run(first))
    (first / "earlier").mkdir()
    earlier = json.loads((first / "target" / "manifest.json").read_text())
    model = earlier["nodes"]["model.small_everything.stg_orders"]
    model["raw_code"], model["checksum"]["checksum"] = "select 1", "0"
    (first / "earlier" / "manifest.json").write_text(json.dumps(earlier))
    for _ in range(2):
        origin.run(first, *with_state)
    second = Path(shutil.copytree(first, tmp_path / "second", copy_function=shutil.copyfile))
    shutil.rmtree(second / "target")
    done = origin.run(second, *with_state)
    assert is_told(done), done.stderr
    assert "small_everything.staging.stg_orders" in done.stdout.splitlines()
    (second / "earlier" / "manifest.json").write_text(json.dumps({**earlier, "nodes": {}}))
    assert not is_told(origin.run(second, *with_state))


def test_the_plugin_starts_warm_in_another_place(origin: Origin, tmp_path: Path) -> None:
    place = fresh(origin, tmp_path / "another")
    done = run_dbt(place, *COMMAND, FLATMANIFEST_CACHE_DIR=str(origin.cache))
    assert "Unable to do partial parsing" not in done.stdout
    assert SKIPPED in (place / "logs" / "dbt.log").read_text()
    assert_same(origin, left_by(place, done))
    # An edit is parsed from there, with the same result as without the plugin.
    model = place / MODEL
    model.write_text(model.read_text().replace("select", "select 1 as one_more,", 1))
    done = run_dbt(place, *COMMAND, FLATMANIFEST_CACHE_DIR=str(origin.cache))
    vanilla = fresh(origin, tmp_path / "vanilla")
    run_dbt(vanilla, *COMMAND, FLATMANIFEST="0")
    shutil.copyfile(model, vanilla / MODEL)
    expected = left_by(vanilla, run_dbt(vanilla, *COMMAND, FLATMANIFEST="0"))
    found = left_by(place, done)
    for name, value in expected.items():
        assert found[name] == value, name


def run_dbt(place: Path, *arguments: str, **variables: str) -> Done:
    """Plain `dbt`, which finds the plugin itself."""
    program = Path(sys.executable).with_name("dbt")
    environment = {**os.environ, **PRIVATE, "FLATMANIFEST": "1", **variables}
    return subprocess.run(
        [program, *arguments],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_target_directory_that_was_restored(origin: Origin, tmp_path: Path) -> None:
    place = restored(origin, tmp_path / "another")
    done = origin.run(place)
    assert is_told(done), done.stderr


def test_files_with_new_times(origin: Origin, tmp_path: Path) -> None:
    place = fresh(origin, tmp_path / "another")
    assert is_told(origin.run(place))
    for path in place.rglob("*.*"):
        if "target" not in path.parts:
            os.utime(path)
    done = origin.run(place)
    assert is_told(done), done.stderr


@pytest.mark.parametrize("is_read_only", [False, True])
def test_a_target_path_elsewhere(origin: Origin, tmp_path: Path, *, is_read_only: bool) -> None:
    """The project may not be written to: target and log are elsewhere."""
    if is_read_only and not MAY_MOUNT:
        pytest.skip("needs mounts")
    told: list[bool | str] = []
    for name in ("one", "two"):
        place = fresh(origin, tmp_path / name / "project")
        elsewhere = tmp_path / name
        options = ["--target-path", str(elsewhere / "t"), "--log-path", str(elsewhere / "l")]
        for _ in range(1 if told else 2):
            if is_read_only:
                mount = f'mount --bind "{place}" "{place}" && mount -o remount,ro,bind "{place}"'
                done = mounted(origin, mount, place, *COMMAND, *options)
            else:
                done = origin.run(place, *COMMAND, *options)
        told.append(is_told(done) or done.stderr)
        assert not (place / "target").exists()
        manifest = (tmp_path / name / "t" / "manifest.json").read_text()
        assert str(place) in manifest
    assert told == [True, True], done.stderr
    assert str(tmp_path / "one") not in manifest
    assert str(tmp_path / "one") not in (tmp_path / "two" / "l" / "dbt.log").read_text()


def test_another_interpreter_with_the_same_packages(origin: Origin, tmp_path: Path) -> None:
    real = Path(sys.executable).with_name("flatmanifest")
    cache = {"FLATMANIFEST_CACHE_DIR": str(tmp_path / "cache")}
    first = fresh(origin, tmp_path / "first")
    for _ in range(2):
        assert origin.run(first, program=real, **cache).returncode == 0
    place = fresh(origin, tmp_path / "another")
    environment = tmp_path / "venv"
    venv.create(environment, symlinks=True, with_pip=False)
    (packages,) = environment.glob("lib/python*/site-packages")
    packages.rmdir()
    packages.symlink_to(os.path.realpath(next(p for p in sys.path if p.endswith("site-packages"))))
    program = environment / "bin" / "flatmanifest"
    shutil.copy2(real, program)
    done = origin.run(place, program=program, **cache)
    assert is_told(done), done.stderr
    # The saved manifest has the paths of packages, which are below the other environment.
    assert_same(origin, left_by(place, done), but=["saved"])


def mounted(origin: Origin, mount: str, place: Path, *arguments: str) -> Done:
    """Run a command in a mount namespace of its own."""
    script = f'{mount} && cd "{place}" && exec "$@"'
    done = subprocess.run(
        [UNSHARE, "-m", "sh", "-c", script, "sh", str(PROGRAM), "dbt", *arguments],
        env=environment_of(origin.cache),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@needs_mounts
def test_a_mount_at_another_path(origin: Origin, tmp_path: Path) -> None:
    """As in a container: the project lies at a path that this system does not have."""
    place = fresh(origin, tmp_path / "another")
    inside = tmp_path / "mounted" / "project"
    inside.mkdir(parents=True)
    done = mounted(origin, f'mount --bind "{place}" "{inside}"', inside, *COMMAND)
    assert is_told(done), done.stderr
    assert str(inside) in (place / "target" / "manifest.json").read_text()
    assert str(place) not in (place / "logs" / "dbt.log").read_text()


@needs_root
def test_another_user(origin: Origin, tmp_path: Path) -> None:
    """A user who has a copy of the cache, and may only read the project."""
    place = fresh(origin, tmp_path / "another")
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    for path in origin.cache.glob("*-*"):
        shutil.copyfile(path, cache / path.name)
    for path in (cache, *cache.iterdir(), place, *place.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    for directory in tmp_path.parents[:4]:  # pytest makes them for their owner alone
        if directory.stat().st_mode & 0o077 == 0:
            directory.chmod(0o711)
    tmp_path.chmod(0o711)
    command = [SETPRIV, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    python = str(Path(sys.base_prefix) / "lib")
    reachable = subprocess.run([*command, "test", "-x", python], check=False)
    if reachable.returncode != 0:
        pytest.skip("other users may not reach this Python")
    done = subprocess.run(
        [*command, str(PROGRAM), "dbt", *COMMAND],
        cwd=place,
        env=environment_of(cache),
        capture_output=True,
        text=True,
        check=False,
    )
    assert is_told(done), done.stderr
    assert_same(origin, left_by(place, done))


def test_clocks_that_differ(origin: Origin, tmp_path: Path) -> None:
    """Files from a machine whose clock is ahead have times to come."""
    place = fresh(origin, tmp_path / "another")
    ahead = time.time() + 3600
    for path in place.rglob("*.*"):
        os.utime(path, (ahead, ahead))
    for _ in range(2):
        assert is_told(origin.run(place))
    model = place / MODEL
    model.write_text(model.read_text().replace("select", "SELECT", 1))
    os.utime(model, (ahead, ahead))
    assert not is_told(first_words(origin, place))


def test_a_cache_of_several_layers(origin: Origin, tmp_path: Path) -> None:
    """The first is written to; the others, as in an image, are only read."""
    place = fresh(origin, tmp_path / "another")
    layer = tmp_path / "layer"
    shutil.copytree(origin.cache, layer)
    before = sorted(path.name for path in layer.iterdir())
    directories = f"{tmp_path / 'own'}:{layer}"
    done = origin.run(place, FLATMANIFEST_CACHE_DIR=directories)
    assert is_told(done), done.stderr
    assert sorted(path.name for path in layer.iterdir()) == before
    assert {path.name.partition(".")[2] for path in (tmp_path / "own").iterdir()} >= {
        *("fman", "state.fman", "artifacts.fman", "transcript.fman")
    }


# What must not be believed.


def other_content(place: Path) -> None:
    """A model that means something else, of the same size and with the times of before."""
    path = place / MODEL
    found = path.stat()
    path.write_text(path.read_text().replace("select", "SELECT", 1))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def one_more_file(place: Path) -> None:
    (place / MODEL).with_name("one_more.sql").write_text("select 1 as id")


def one_file_less(place: Path) -> None:
    (place / "analyses" / "best_customers.sql").unlink()


def an_ignored_directory(place: Path) -> None:
    (place / ".dbtignore").write_text("analyses\n")


def another_setting(place: Path) -> None:
    path = place / "dbt_project.yml"
    path.write_text(path.read_text().replace("+tags: staging", "+tags: [staging, another]"))


def another_profile(place: Path) -> None:
    path = place / "profiles.yml"
    path.write_text(path.read_text().replace("threads: 2", "threads: 3"))


def a_file_that_was_absent(place: Path) -> None:
    (place / "packages.yml").write_text("packages: []\n")


CHANGES = [
    *(other_content, one_more_file, one_file_less, an_ignored_directory),
    *(another_setting, another_profile, a_file_that_was_absent),
]


@pytest.mark.parametrize("change", CHANGES)
def test_another_content_is_not_believed(
    origin: Origin, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    place = fresh(origin, tmp_path / "another")
    change(place)
    assert not is_told(first_words(origin, place))
    assert not (place / "target").exists()


def environment_of(cache: object, **variables: str) -> dict[str, str]:
    own = {"FLATMANIFEST": "1", "FLATMANIFEST_EXPLAIN": "1", "FLATMANIFEST_CACHE_DIR": str(cache)}
    return {**os.environ, **PRIVATE, **own, **variables}


def first_words(origin: Origin, place: Path, **variables: str) -> Done:
    """What the front door says at once; dbt itself is not waited for."""
    command = [PROGRAM, "dbt", *COMMAND]
    said = first_line(command, place, environment_of(origin.cache, **variables))
    return subprocess.CompletedProcess([], 0, "", said)


@pytest.mark.parametrize("variable", ["SMALL_EVERYTHING_SUFFIX", "SMALL_EVERYTHING_TARGET"])
def test_another_value_of_a_variable_is_not_believed(
    origin: Origin, tmp_path: Path, variable: str
) -> None:
    place = fresh(origin, tmp_path / "another")
    said = first_words(origin, place, **{variable: "another"}).stderr
    assert "an environment variable has another value" in said


def test_another_version_of_a_package_is_not_believed(origin: Origin, tmp_path: Path) -> None:
    place = fresh(origin, tmp_path / "another")
    environment = tmp_path / "venv"
    venv.create(environment, symlinks=True, with_pip=False)
    (packages,) = environment.glob("lib/python*/site-packages")
    real = Path(os.path.realpath(next(p for p in sys.path if p.endswith("site-packages"))))
    for path in real.iterdir():
        name = path.name.replace("dbt_duckdb-1", "dbt_duckdb-9")
        (packages / name).symlink_to(path)
    program = environment / "bin" / "flatmanifest"
    shutil.copy2(PROGRAM, program)
    done = origin.run(place, program=program)
    assert not is_told(done)
    assert "files have other contents" in done.stderr


def damaged(path: Path, how: str) -> None:
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "cut": content[:middle],
            "flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "empty": b"",
        }[how]
    )


@pytest.mark.parametrize("how", ["cut", "flipped", "empty", "swapped"])
@pytest.mark.parametrize("pattern", ["*.portable.fman", "*.entry.zst", "*.manifest.json.zst"])
def test_damaged_files_are_not_believed(
    origin: Origin, tmp_path: Path, pattern: str, how: str
) -> None:
    place = fresh(origin, tmp_path / "another")
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    for path in origin.cache.glob("*-*"):
        shutil.copy2(path, cache)
    found = list(cache.glob(pattern))
    assert found
    other = next(path for path in cache.glob("*.zst") if path not in found)
    for path in found:
        if how == "swapped":
            shutil.copyfile(other, path)
        else:
            damaged(path, how)
    said = first_words(origin, place, FLATMANIFEST_CACHE_DIR=str(cache)).stderr
    assert "dbt runs" in said
    # Artifacts are put in place together.
    assert left_in(place / "target") == set()


def left_in(target: Path) -> set[str]:
    return {path.name for path in target.glob("*.*")}


def test_a_saved_manifest_that_was_removed_asks_for_a_parse(origin: Origin, tmp_path: Path) -> None:
    place = fresh(origin, tmp_path / "another")
    assert is_told(origin.run(place))
    (place / "target" / "partial_parse.msgpack").unlink()
    assert "asks for a parse of everything" in first_words(origin, place).stderr


def test_an_edited_parse_is_not_exported(origin: Origin, tmp_path: Path) -> None:
    place = fresh(origin, tmp_path / "another")
    assert is_told(origin.run(place))
    before = portable_names(origin.cache)
    model = place / MODEL
    model.write_text(model.read_text().replace("select", "select 1 as one_more,", 1))
    done = origin.run(place)
    assert "holds only in this directory: the parse went on from an earlier one" in done.stderr
    assert portable_names(origin.cache) == before


def portable_names(cache: Path) -> set[str]:
    return {path.name for path in cache.iterdir() if "-" in path.name}


def test_nothing_is_written_elsewhere(origin: Origin, tmp_path: Path) -> None:
    """A record from elsewhere may name artifacts of the target directory alone."""
    from flatmanifest.dbt.cache import objects
    from flatmanifest.dbt.cache.entry import read

    place = fresh(origin, tmp_path / "another")
    victim = place / "models" / "planted.sql"
    cache = tmp_path / "cache"
    for where in ("\x1aP/models/planted.sql", "\x1aT/../models/planted.sql", str(victim)):
        shutil.rmtree(cache, ignore_errors=True)
        shutil.copytree(origin.cache, cache)
        changed = 0
        for path in cache.glob("*.portable.fman"):
            record = read(path)
            assert record is not None
            if "artifacts" in record:
                record["artifacts"][0]["place"] = where
                changed += 1
            else:
                record["written"] = [{"path": where, "text": "planted"}]
            objects.publish(path, record)
        assert changed
        said = first_words(origin, place, FLATMANIFEST_CACHE_DIR=str(cache)).stderr
        assert "outside the target directory" in said
        assert not victim.exists()


def test_the_users_id_is_of_the_place(origin: Origin, tmp_path: Path) -> None:
    """With usage statistics on, dbt keeps an id beside profiles.yml, and in manifest.json."""
    refused = "http://127.0.0.1:9"  # nothing is sent
    on = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "1", "DO_NOT_TRACK": "0", "HTTPS_PROXY": refused}
    on["FLATMANIFEST_CACHE_DIR"] = str(tmp_path / "cache")
    ids = []
    for name in ("one", "two", "three"):
        place = fresh(origin, tmp_path / name)
        (place / ".user.yml").unlink(missing_ok=True)
        if name == "three":
            (place / ".user.yml").write_text("id: 8c4a3a0e-6f1e-4d2e-9d6a-0c7a3c1f5b11\n")
        for _ in range(2 if name == "one" else 1):
            done = origin.run(place, **on)
            assert done.returncode == 0, done.stderr
        if name != "one":
            assert is_told(done), done.stderr
            assert is_told(origin.run(place, **on))
        ids.append(
            json.loads((place / "target" / "manifest.json").read_text())["metadata"]["user_id"]
        )
        assert (place / ".user.yml").read_text() == f"id: {ids[-1]}\n"
    assert len(set(ids)) == 3
    assert ids[2] == "8c4a3a0e-6f1e-4d2e-9d6a-0c7a3c1f5b11"


def test_a_parse_in_another_place(origin: Origin, tmp_path: Path) -> None:
    for _ in range(2):
        assert origin.run(origin.project, "parse").returncode == 0
    place = fresh(origin, tmp_path / "another")
    done = origin.run(place, "parse")
    assert is_told(done), done.stderr
    info = json.loads((place / "target" / "perf_info.json").read_text())
    assert info["path_count"] > 0
    assert str(place / "target" / "perf_info.json") in done.stdout
    for name in ("target/perf_info.json", "target/manifest.json", "logs/dbt.log"):
        assert str(origin.project) not in (place / name).read_text()


def test_no_room_for_what_is_imported(origin: Origin, tmp_path: Path) -> None:
    place = fresh(origin, tmp_path / "another")
    directories = f"{tmp_path / 'own'}:{origin.cache}"
    script = 'ulimit -f 200; exec "$@"'  # blocks of 512 bytes
    command = ["/bin/sh", "-c", script, "sh", PROGRAM, "dbt", *COMMAND]
    said = first_line(command, place, environment_of(directories))
    assert "File too large" in said
    # Nothing is half written, and the next command finds room.
    assert [path.name for path in tmp_path.rglob("*.tmp")] == []
    done = origin.run(place, FLATMANIFEST_CACHE_DIR=directories)
    assert is_told(done), done.stderr


def test_a_saved_manifest_of_another_directory_stays(origin: Origin, tmp_path: Path) -> None:
    """Cosmos copies partial_parse.msgpack into each new directory, with seeds of that directory."""
    first, second = (fresh(origin, tmp_path / name) for name in ("first", "second"))
    assert is_told(origin.run(first))
    saved = second / "target" / "partial_parse.msgpack"
    saved.parent.mkdir()
    content = msgpack.unpackb(
        (first / "target" / "partial_parse.msgpack").read_bytes(), strict_map_key=False
    )
    for node in content["nodes"].values():
        if node.get("root_path"):
            node["root_path"] = str(second)
    saved.write_bytes(msgpack.packb(content))
    before = saved.read_bytes()
    for _ in range(2):
        done = origin.run(second)
        assert is_told(done), done.stderr
        assert saved.read_bytes() == before
    assert_same(origin, left_by(second, done), but=["saved"])
    # Any other difference makes dbt go on from the file.
    content["metadata"]["project_name"] = "another"
    saved.write_bytes(msgpack.packb(content))
    assert "from which dbt goes on" in first_words(origin, second).stderr


def test_imports_keep_the_size_of_the_cache(origin: Origin, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    limits = {"FLATMANIFEST_CACHE_DIR": f"{cache}:{origin.cache}", "FLATMANIFEST_CACHE_SIZE": "2"}
    for number in range(8):
        place = fresh(origin, tmp_path / str(number))
        assert is_told(origin.run(place, **limits))
    assert sum(path.stat().st_size for path in cache.iterdir()) <= 2_000_000


def test_a_copy_keeps_the_artifacts_that_a_later_command_has_not_written() -> None:
    there = {"artifacts": [{"name": "manifest.json", "facts": 1}, {"name": "graph.gpickle"}]}
    made = [{"name": "manifest.json", "facts": 2}]
    assert others_of(there, made) == [{"name": "graph.gpickle"}]
    assert others_of(None, made) == []
