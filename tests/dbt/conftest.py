"""Starts dbt's template (tests/dbt/template) before the first test, and keeps a warm project."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.dbt.template import TEMPLATE, TemplateDiedError
from tests.dbt.warm import make_warm, put_back, tree_of, warm_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# The longest tests. Workers begin with them: at the end, all others would wait for one of them.
LONG = (
    *("test_what_is_broken_is_refused_as_dbt_does", "test_a_file_that_means_something_else"),
    *("test_commands_cold_and_warm", "test_edits_of", "test_selections", "test_what_is_listed"),
    *("test_variables_in_every_form", "test_random_edits_and_commands", "test_processes_say"),
    *("test_commands_and_edits", "test_native_stacks", "test_a_schema_file_in_parts"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the long tests: each worker of pytest-xdist gets one contiguous part of the list."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if item.name.startswith(LONG)]
    others = [item for item in items if not item.name.startswith(LONG)]
    size, dealt = len(items) // workers, []
    for worker in range(workers - 1):
        own = long[worker::workers]
        beside = max(size - len(own), 0)
        dealt += own + others[:beside]
        del others[:beside]
    items[:] = dealt + long[workers - 1 :: workers] + others


@pytest.fixture(scope="session", autouse=True)
def _template_of_the_session() -> Iterator[None]:
    TEMPLATE.ensure()
    yield
    TEMPLATE.stop()


@pytest.fixture(autouse=True)
def _template(request: pytest.FixtureRequest) -> Iterator[None]:
    """Require the template; a test that kills it fails, and the next test gets another."""
    TEMPLATE.ensure()
    yield
    try:
        TEMPLATE.ensure()
    except TemplateDiedError as error:
        pytest.fail(f"{request.node.nodeid}: {error}")


@pytest.fixture(scope="session")
def _seams() -> None:
    """Put the seams into the process of the tests."""
    from flatmanifest.dbt.switch import switch_on

    assert switch_on()


@pytest.fixture(scope="session")
def kept_warm(tmp_path_factory: pytest.TempPathFactory, _template_of_the_session: None) -> Path:
    """Return a project whose next `ls` the front door answers; tests must leave it so."""
    return make_warm(tmp_path_factory.mktemp("warm") / "project")


@pytest.fixture
def warm(kept_warm: Path) -> Iterator[Path]:
    """Return the warm project for any change: the changes are undone after the test."""
    before = tree_of(kept_warm)
    yield kept_warm
    put_back(kept_warm, before)
    warm_up(kept_warm)
