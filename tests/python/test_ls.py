"""`flatmanifest ls`: its command line, its pictures and its failures.

test_selection_parity.py compares its selections with dbt's.
"""

from __future__ import annotations

import gzip
import json
import os
import pty
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SVG = "{http://www.w3.org/2000/svg}"


def resource(kind: str, name: str, parents: Iterable[str] = (), **more: Any) -> dict[str, Any]:
    """Return a resource of package shop."""
    return {
        "unique_id": f"{kind}.shop.{name}",
        "resource_type": kind,
        "name": name,
        "package_name": "shop",
        "fqn": ["shop", name],
        "original_file_path": f"models/{name}.sql",
        "raw_code": "select 1",
        "tags": [],
        "config": {"enabled": True, "tags": [], "materialized": "view"},
        "depends_on": {"nodes": list(parents)},
        **more,
    }


def shop() -> dict[str, Any]:
    """Return a manifest: raw -> staged -> orders.v1, orders.v2 -> report, a test, a dashboard."""
    nodes = [
        resource("model", "staged", ["source.shop.raw.t"], tags=["nightly"]),
        resource("model", "orders", ["model.shop.staged"], unique_id="model.shop.orders.v1")
        | {"version": 1, "fqn": ["shop", "orders", "v1"]},
        resource("model", "orders", ["model.shop.staged"], unique_id="model.shop.orders.v2")
        | {"version": 2, "fqn": ["shop", "orders", "v2"]},
        resource("model", "report", ["model.shop.orders.v1", "model.shop.orders.v2"]),
        resource("model", "info"),
        resource("model", "[a,b]"),
        resource("test", "staged_is_fine", ["model.shop.staged"]),
        resource("analysis", "look", ["model.shop.report"]),
        resource("seed", 'quote " & <größe> -- \\N'),
    ]
    source = resource("source", "t", unique_id="source.shop.raw.t", source_name="raw")
    exposure = resource("exposure", "dashboard", ["model.shop.report"])
    return {
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
            "project_name": "shop",
        },
        "nodes": {node["unique_id"]: node for node in nodes},
        "sources": {source["unique_id"]: source},
        "exposures": {exposure["unique_id"]: exposure},
    }


@pytest.fixture(autouse=True)
def shop_json(tmp_path: Path) -> Path:
    """Write the shop's manifest."""
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(shop()))
    return path


@pytest.fixture
def run(executable: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `flatmanifest ls` beside the shop's manifest, without dbt's environment variables."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}

    def call(*arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [executable, "ls", *arguments],
            cwd=tmp_path,
            env=clean | {"LC_ALL": "C.UTF-8"} | env,
            capture_output=True,
            text=True,
            check=False,
        )

    return call


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the lines of a run that must have succeeded without messages."""
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


EVERYTHING = [
    "exposure:shop.dashboard",
    "shop.[a,b]",
    "shop.info",
    "shop.orders.v1",
    "shop.orders.v2",
    "shop.report",
    "shop.staged",
    'shop.quote " & <größe> -- \\N',
    "source:shop.raw.t",
    "shop.staged_is_fine",
]


def test_lists_all_but_analyses(run: Any) -> None:
    assert lines(run("manifest.json")) == EVERYTHING
    everything = lines(run("manifest.json", "--resource-type", "all"))
    assert everything == ["shop.look", *EVERYTHING]


@pytest.mark.parametrize("name", ["manifest.fman", "packed.json.gz", "manifest.json"])
def test_takes_any_form_of_a_manifest(
    run: Any, executable: Path, tmp_path: Path, name: str
) -> None:
    if name == "packed.json.gz":
        packed = gzip.compress((tmp_path / "manifest.json").read_bytes())
        (tmp_path / name).write_bytes(packed)
    elif name == "manifest.fman":
        subprocess.run([executable, "convert", tmp_path / "manifest.json", "--quiet"], check=True)
    assert lines(run(name)) == EVERYTHING


def test_list_is_another_name_for_ls(executable: Path, shop_json: Path) -> None:
    arguments: list[str | Path] = [executable, "list", shop_json, "-s", "report", "info"]
    assert subprocess.check_output(arguments) == b"shop.info\nshop.report\n"


def test_values_are_neither_commands_nor_lists(run: Any) -> None:
    done = run("manifest.json", "--select", "[ab]", "convert", "info", "--output", "name")
    assert done.stdout == "info\n"
    assert re.findall("'(.*)'", done.stderr) == ["[ab]", "convert"]


def test_output_formats(run: Any) -> None:
    pick = ("manifest.json", "--select", "orders", "source:raw")
    assert lines(run(*pick, "--output", "name")) == ["orders.v1", "orders.v2", "raw.t"]
    assert lines(run(*pick, "--output", "path")) == ["models/orders.sql"] * 2 + ["models/t.sql"]
    first = json.loads(lines(run(*pick, "--output", "JSON"))[0])
    assert list(first) == [
        "unique_id",
        "resource_type",
        "name",
        "package_name",
        "original_file_path",
        "tags",
        "config",
        "depends_on",
    ]


@pytest.mark.parametrize(
    "keys",
    [
        ["--output-keys", "version", "config.materialized", "nope"],
        ["--output-keys", "version config.materialized"],
        ["--output-keys=version", "--output-keys", "config.materialized", "version"],
    ],
)
def test_output_keys(run: Any, keys: list[str]) -> None:
    done = run("manifest.json", "--output", "json", *keys, "--select", "orders.v2")
    assert done.stdout == '{"version": 2, "config.materialized": "view"}\n'


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--select", "staged+1", "--exclude", "orders"], ["staged", "staged_is_fine"]),
        (["--select", "staged info", "report"], ["info", "report", "staged", "staged_is_fine"]),
        (["-s", "info", "-s", "report"], ["info", "report"]),
        (["--select=info", "report"], ["info", "report"]),
        (["-m", "staged+1"], ["orders.v1", "orders.v2", "staged"]),
        (["--models", "tag:nightly"], ["staged"]),
        (
            ["--resource-types", "seed", "exposure", "--exclude-resource-types", "seed"],
            ["dashboard"],
        ),
        (["--resource-type", "seed exposure", "--exclude-resource-type=seed"], ["dashboard"]),
        (["--select", "staged", "--indirect-selection", "EMPTY"], ["staged"]),
    ],
)
def test_selection_options(run: Any, arguments: list[str], names: list[str]) -> None:
    assert lines(run("manifest.json", "--output", "name", *arguments)) == names


def test_a_file_may_follow_the_last_value(run: Any) -> None:
    assert lines(run("--select", "info", "report", "manifest.json")) == ["shop.info", "shop.report"]


@pytest.mark.parametrize("prefix", ["DBT_", "DBT_ENGINE_"])
def test_environment(run: Any, prefix: str) -> None:
    assert lines(run("manifest.json", **{f"{prefix}RESOURCE_TYPES": "source  exposure"})) == [
        "exposure:shop.dashboard",
        "source:shop.raw.t",
    ]
    excluded = run("manifest.json", **{f"{prefix}EXCLUDE_RESOURCE_TYPES": "model seed test"})
    assert lines(excluded) == ["exposure:shop.dashboard", "source:shop.raw.t"]
    empty = run("manifest.json", "-s", "staged", **{f"{prefix}INDIRECT_SELECTION": "empty"})
    assert lines(empty) == ["shop.staged"]
    assert run("manifest.json", "-s", "nope", **{f"{prefix}QUIET": "1"}).stderr == ""


def test_options_come_before_the_environment(run: Any) -> None:
    done = run("manifest.json", "--resource-type", "source", DBT_RESOURCE_TYPES="exposure")
    assert lines(done) == ["source:shop.raw.t"]
    preferred = {"DBT_ENGINE_RESOURCE_TYPES": "source", "DBT_RESOURCE_TYPES": "exposure"}
    assert lines(run("manifest.json", **preferred)) == ["source:shop.raw.t"]


# --- warnings and errors ---


def test_nothing_selected_is_a_warning(run: Any) -> None:
    done = run("manifest.json", "--select", "nope", "--output", "json")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        "warning: The selection criterion 'nope' does not match any enabled nodes\n"
        "warning: No nodes selected!\n"
    )
    assert run("manifest.json", "--select", "nope", "--quiet").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-m", "info", "-s", "info"], '"models" and "select" are mutually exclusive arguments'),
        (
            ["-m", "info", "--resource-type", "model"],
            '"models" and "resource_type" are mutually exclusive arguments',
        ),
        (["-s", "nosuchmethod:x"], "nosuchmethod"),
        (["--selector", "nosuchselector"], "nosuchselector"),
    ],
)
def test_refused_selections_fail(run: Any, arguments: list[str], message: str) -> None:
    done = run("manifest.json", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("flatmanifest: ")
    assert message in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "FILE is required"),
        (["manifest.json", "--select"], "--select"),
        (["manifest.json", "--output", "yaml"], "yaml not in"),
        (["manifest.json", "--resource-type", "table"], "'table' is not one of model, "),
        (["manifest.json", "--exclude-resource-type", "all"], "'all' is not one of model, "),
        (["manifest.json", "--indirect-selection", "some"], "some not in"),
        (["manifest.json", "--nope"], "--nope"),
        (["manifest.json", "another.json"], "another.json"),
    ],
)
def test_wrong_usage(run: Any, arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_help(run: Any) -> None:
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for option in ("--select", "--models", "--selector", "--output-keys", "--state", "--quiet"):
        assert option in done.stdout


def test_missing_file(run: Any) -> None:
    done = run("nosuch.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "nosuch.json: No such file or directory" in done.stderr


@pytest.mark.parametrize("handler", [signal.SIG_DFL, signal.SIG_IGN])
def test_a_reader_who_stops_hears_no_error(
    executable: Path, shop_json: Path, handler: signal.Handlers
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [executable, "ls", shop_json],
        stdout=writing,
        stderr=subprocess.PIPE,
        restore_signals=False,
        preexec_fn=lambda: signal.signal(signal.SIGPIPE, handler),
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")


def test_a_full_disk_is_an_error(executable: Path, shop_json: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [executable, "ls", shop_json],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert b"No space left" in done.stderr


# --- files ---


@pytest.mark.parametrize("output", ["selector", "json", "tree", "dot"])
def test_output_file_holds_what_is_printed(run: Any, tmp_path: Path, output: str) -> None:
    pick = ("manifest.json", "--output", output)
    assert lines(run(*pick, "-o", "listing")) == []
    assert (tmp_path / "listing").read_text() == run(*pick).stdout
    assert run(*pick, "--output-file", "-").stdout == run(*pick).stdout


@pytest.mark.parametrize("output", ["selector", "tree"])
def test_output_that_cannot_be_written(run: Any, tmp_path: Path, output: str) -> None:
    done = run("manifest.json", "--output", output, "-o", "nosuch/listing")
    assert (done.returncode, done.stdout) == (1, "")
    assert "nosuch" in done.stderr
    assert not (tmp_path / "nosuch").exists()


def test_a_failure_leaves_the_output_file_as_it_was(run: Any, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    assert run("manifest.json", "-s", "nosuchmethod:x", "-o", "old").returncode == 1
    assert run("manifest.json", "--output", "svg", "-o", "old", PATH=str(tmp_path)).returncode == 1
    assert (tmp_path / "old").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"old", "manifest.json", "manifest.fman"}


# --- pictures ---

TREE = """\
raw.t (source)
└── staged (model)
    ├── orders.v1 (model)
    │   └── report (model)
    │       └── dashboard (exposure)
    ├── orders.v2 (model)
    │   └── report (model) (*)
    └── staged_is_fine (test)
"""


def test_tree(run: Any) -> None:
    assert run("manifest.json", "-s", "source:raw+", "--output", "tree").stdout == TREE


def test_tree_across_what_is_not_selected(run: Any) -> None:
    done = run("manifest.json", "-s", "source:raw", "exposure:*", "--output", "tree")
    assert done.stdout == "raw.t (source)\n└── dashboard (exposure)\n"


def test_tree_is_ascii_where_the_locale_is(run: Any, tmp_path: Path) -> None:
    pick = ("manifest.json", "-s", "source:raw+", "--output", "tree")
    plain = TREE.replace("├──", "|--").replace("└──", "`--").replace("│", "|")
    assert run(*pick, LC_ALL="C").stdout == plain
    assert lines(run(*pick, "-o", "tree", LC_ALL="C")) == []
    assert (tmp_path / "tree").read_text() == TREE


@pytest.mark.parametrize("no_color", ["", "1"])
def test_tree_has_colours_on_a_terminal(executable: Path, shop_json: Path, no_color: str) -> None:
    ours, terminal = pty.openpty()
    subprocess.run(
        [executable, "ls", shop_json, "-s", "info", "--output", "tree"],
        env={"LC_ALL": "C.UTF-8", "NO_COLOR": no_color},
        stdout=terminal,
        check=True,
    )
    os.close(terminal)
    shown = os.read(ours, 1000).decode()
    os.close(ours)
    assert shown == ("info (model)\r\n" if no_color else "\x1b[34minfo\x1b[0m (model)\r\n")


def test_dot(run: Any) -> None:
    done = run("manifest.json", "-s", "staged+1", "--output", "dot")
    edges = re.findall(r'^  "(.*)" -> "(.*)";$', done.stdout, re.MULTILINE)
    assert edges == [
        ("model.shop.staged", "model.shop.orders.v1"),
        ("model.shop.staged", "model.shop.orders.v2"),
        ("model.shop.staged", "test.shop.staged_is_fine"),
    ]


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_svg_shows_every_selected_resource(run: Any, tmp_path: Path) -> None:
    assert lines(run("manifest.json", "--output", "svg", "-o", "lineage.svg")) == []
    drawing = ET.parse(tmp_path / "lineage.svg").getroot()  # noqa: S314 (our own file)
    nodes = [group for group in drawing.iter(f"{SVG}g") if group.get("class") == "node"]
    shown = {text.text.replace("\xa0", " ") for text in drawing.iter(f"{SVG}text") if text.text}
    assert len(nodes) == len(EVERYTHING)
    assert shown == set(lines(run("manifest.json", "--output", "name")))


def test_svg_without_graphviz_says_what_to_install(run: Any, tmp_path: Path) -> None:
    done = run("manifest.json", "--output", "svg", PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "apt install graphviz" in done.stderr


def test_svg_passes_on_why_dot_failed(run: Any, tmp_path: Path) -> None:
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\necho no fonts at all >&2\nexit 3\n")
    program.chmod(0o755)
    done = run("manifest.json", "--output", "svg", PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "dot failed with status 3: no fonts at all" in done.stderr
    program.write_text("#!/bin/sh\necho '<svg>'\n")
    assert (
        "no complete drawing" in run("manifest.json", "--output", "svg", PATH=str(tmp_path)).stderr
    )
