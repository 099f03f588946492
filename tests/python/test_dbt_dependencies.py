"""The dependencies of a parse, by dbt's own code in this process, without a dbt command."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.python.selection_oracle import Oracle, project_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flatmanifest.dbt.cache.entry import Entry
    from flatmanifest.dbt.dependencies import Dependencies

KINDS = (
    *("macro", "model", "snapshot", "analysis", "test", "generic_test", "seed", "docs"),
    *("fixture", "function"),
)
SELECTORS = {
    "nightly": {"name": "nightly", "definition": "tag:nightly"},
    "all": {"name": "all", "default": True, "definition": "*"},
}


@pytest.fixture
def flags(tmp_path: Path) -> Iterator[Any]:
    """Set and return the flags of a command."""
    from argparse import Namespace

    from dbt.flags import get_flags, set_flags

    set_flags(Namespace(PROFILES_DIR=str(tmp_path / "profiles"), STATIC_PARSER=True))
    yield get_flags()
    set_flags(Namespace())


@pytest.fixture
def project(tmp_path: Path) -> Any:
    """Return the settings of a project with a separate directory for each kind of file."""
    paths = {f"{kind}_paths": [f"of_{kind}"] for kind in KINDS}
    root = tmp_path / "project"
    root.mkdir()
    return SimpleNamespace(
        project_root=str(root),
        project_name="shop",
        packages_install_path="dbt_packages",
        osi_paths=[],  # of dbt 1.12
        all_source_paths=[path for each in paths.values() for path in each],
        **paths,
    )


USED: dict[str, set[str]] = {
    "{{ run_started_at }}": {"run_started_at"},
    "{% if false %}{{ invocation_id }}{% endif %}": set(),  # not evaluated
    "{{ modules.datetime.x }}": {"modules.datetime"},
    "{{ modules['datetime'].x }}": {"modules.datetime"},
    "{{ modules.re.x }}": set(),
    "{{ [1] | random }}": {"the filter random"},
    "{% set flags = 1 %}{{ flags }}": set(),
    "{{ target }}": set(),
}


@pytest.mark.parametrize("text", USED)
def test_values_without_a_source_are_noted(text: str) -> None:
    from dbt.clients.jinja import get_rendered

    from flatmanifest.dbt.dependencies import values
    from flatmanifest.dbt.switch import switch_on

    assert switch_on()
    known = {"run_started_at": 1, "invocation_id": 2, "flags": 3, "target": 4}
    modules = {"datetime": {"x": 5}, "re": {"x": 6}}
    used: values.Used = {}
    with values.collected(used):
        get_rendered(text, {**known, "modules": modules})
    assert used == dict.fromkeys(USED[text], "a template")


def test_everything_that_dbt_reads_is_below_a_tree(flags: Any, project: Any) -> None:
    from dbt.parser.read_files import ReadFilesFromFileSystem

    from flatmanifest.dbt.warm.parse_inputs import search_paths

    flags.MAXIMUM_SEED_SIZE_MIB = 1  # since dbt 1.12
    root = Path(project.project_root)
    (root / ".dbtignore").write_text("ignored.sql\n")
    for kind in KINDS:
        directory = root / f"of_{kind}" / "deep"
        directory.mkdir(parents=True)
        for ending in ("sql", "csv", "md"):
            (directory / f"file.{ending}").write_text(f"{kind}")
    reader = ReadFilesFromFileSystem(all_projects={"shop": project})
    reader.read_files()
    paths = [Path(file.path.absolute_path) for file in reader.files.values()]
    assert len(paths) >= len(KINDS)
    trees = {Path(tree) for tree in search_paths([project])}
    assert root / ".dbtignore" in trees
    assert [path for path in paths if trees.isdisjoint(path.parents)] == []


def test_a_parser_may_read_a_file_that_comes(flags: Any, project: Any) -> None:
    from flatmanifest.dbt.dependencies.record import taken
    from flatmanifest.dbt.v2_parser.parser_inputs import files_of

    assert flags.PROFILES_DIR
    root = Path(project.project_root)
    (root / "dbt_project.yml").write_text("name: shop")
    profiles = Path(flags.PROFILES_DIR) / "profiles.yml"
    profiles.parent.mkdir()

    def is_seen(path: Path) -> bool:
        files = files_of(project)
        dependencies = taken(files, None, {})
        assert dependencies.changed({}) is None
        path.parent.mkdir(exist_ok=True)
        path.write_text("one: 1")
        return files_of(project) != files or dependencies.changed({}) is not None

    assert is_seen(root / "vars.yml")
    assert is_seen(root / "dbt_project.yml")
    assert is_seen(root / "of_model" / "model.sql")
    assert is_seen(root / ".env")
    assert is_seen(profiles)
    assert not is_seen(root / "target" / "manifest.json")
    assert not is_seen(root / "shop.duckdb")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{ run_started_at }}", {"run_started_at"}),
        ("{% if invocation_id == 'a' %}{% endif %}", {"invocation_id"}),
        ("{{ modules.datetime.datetime.now() }}", {"modules.datetime"}),
        ("{{ modules.re.match('a', 'b') }}", set()),
        ("{{ [1, 2] | random }}", {"random"}),
        ("{{ flags.FULL_REFRESH }}", set()),  # set by the parser's arguments and the environment
        ("select run_started_at from {{ ref('runs') }}", set()),
        (
            "{{ flags.FULL_REFRESH }}{{ flags['WHICH'] }}{{ invocation_args_dict.full_refresh }}",
            set(),
        ),
        ("{{ flags.TARGET_PATH }}", {"flags"}),
        ("{{ invocation_args_dict['target_path'] }}", {"invocation_args_dict"}),
        (
            "{{ invocation_args_dict.get(name) }}{% do log(flags) %}",
            {"invocation_args_dict", "flags"},
        ),
    ],
)
def test_a_parser_may_use_a_value_without_a_source(text: str, names: set[str]) -> None:
    from flatmanifest.dbt.v2_parser.parser_inputs import names_in

    assert {*names_in(text)} == names


@pytest.fixture
def entry(generated: Callable[[str], Path], tmp_path: Path) -> Entry:
    """Return the entry of a manifest that was parsed with the current flags."""
    import dbt_flatmanifest  # noqa: F401 - puts the seams in
    from flatmanifest.dbt.cache import entry as entries
    from flatmanifest.dbt.warm.parse_inputs import flags_of_parse

    source = generated("small_everything")
    plain = json.loads(source.read_text())
    manifest = Oracle(source, project_of(plain, tmp_path / "files")).manifest
    facts = entries.ParseFacts({}, flags_of_parse())
    return entries.publish(tmp_path / "key.fman", manifest, parsed_now(), facts)


def parsed_now() -> Dependencies:
    """Return dependencies on the current environment, which pytest changes in a test's phases."""
    from flatmanifest.dbt.dependencies.record import READ, taken
    from flatmanifest.dbt.warm.parse_inputs import environment_of_parse

    return taken({READ: []}, None, environment_of_parse())


def test_uses_of_two_threads_are_kept_apart() -> None:
    """A program may have dbt parse two projects at once."""
    from dbt.clients.jinja import get_rendered

    from flatmanifest.dbt.dependencies import values
    from flatmanifest.dbt.switch import switch_on

    assert switch_on()
    both_collect = Barrier(2)

    def used_by(name: str) -> values.Used:
        used: values.Used = {}
        with values.collected(used):
            both_collect.wait(10)
            get_rendered(f"{{{{ {name} }}}}", {name: 1})
            both_collect.wait(10)
        return used

    names = ["run_started_at", "invocation_id"]
    with ThreadPoolExecutor(2) as threads:
        assert [list(used) for used in threads.map(used_by, names)] == [[name] for name in names]


def test_what_used_the_clock_is_not_repeatable(entry: Entry) -> None:
    from flatmanifest.dbt.warm.parse_inputs import is_repeatable

    dependencies = entry.dependencies = parsed_now()
    assert is_repeatable(entry)
    dependencies.values = {"run_started_at": "model.shop.orders"}
    assert not is_repeatable(entry)
    dependencies.values = {}
    entry.flags = {**entry.flags, next(iter(entry.flags)): "another"}
    assert not is_repeatable(entry)
    entry.dependencies = None
    assert not is_repeatable(entry)


def test_what_was_parsed_in_another_environment_is_not_repeatable(
    entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a partial parse, dbt does not notice changed variables of descriptions."""
    from flatmanifest.dbt.warm.parse_inputs import is_repeatable

    entry.dependencies = parsed_now()
    assert is_repeatable(entry)
    monkeypatch.setenv("SHLVL", "7")
    assert is_repeatable(entry)
    monkeypatch.setenv("ANY", "thing")
    assert not is_repeatable(entry)


@pytest.mark.parametrize(
    ("selector", "select", "selectors", "is_known"),
    [
        ("nightly", None, SELECTORS, True),
        ("nightly", None, {**SELECTORS, "nightly": {"definition": "tag:slow"}}, False),
        ("nightly", None, {}, False),
        (None, ("tag:nightly",), None, True),
        (None, ("tag:nightly", "selector:nightly"), None, False),
        (None, None, None, False),  # selects by the default selector, which may have changed
    ],
)
def test_selectors_are_those_of_this_command(
    selector: str | None,
    select: tuple[str, ...] | None,
    selectors: dict[str, Any] | None,
    *,
    is_known: bool,
) -> None:
    from flatmanifest.dbt.warm.selector import Written, are_selectors_known

    manifest = SimpleNamespace(selectors=SELECTORS)
    written = Written("eager", select=select, selector=selector, selectors=selectors)
    assert are_selectors_known(manifest, written) is is_known


def test_entries_of_another_cache_version_have_other_names(monkeypatch: pytest.MonkeyPatch) -> None:
    from flatmanifest.dbt.cache.location import entry_key

    name = entry_key(["a", "b"])
    assert name == entry_key(["a", "b"])
    monkeypatch.setattr("flatmanifest.dbt.cache.location.CACHE_VERSION", "another")
    assert entry_key(["a", "b"]) != name


def test_options_of_dbt_are_always_depended_on() -> None:
    from flatmanifest.dbt.dependencies.record import taken

    dependencies = taken({}, ["A"], {"A": "1", "DBT_TARGET": "dev"})
    assert dependencies.changed({"A": "1", "DBT_TARGET": "dev", "HOME": "/"}) is None
    assert dependencies.changed({"A": "1", "DBT_TARGET": "prod"}) is not None
