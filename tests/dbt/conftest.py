"""dbt has started before the first test asks for it: tests/dbt/template."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dbt.template import TEMPLATE, TemplateDiedError
from tests.dbt.warm import make_warm, put_back, tree_of, warm_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session", autouse=True)
def _template_of_the_session() -> Iterator[None]:
    TEMPLATE.ensure()
    yield
    TEMPLATE.stop()


@pytest.fixture(autouse=True)
def _template(request: pytest.FixtureRequest) -> Iterator[None]:
    """It is there; where a test has killed it, that test says so, and the next has another."""
    TEMPLATE.ensure()
    yield
    try:
        TEMPLATE.ensure()
    except TemplateDiedError as error:
        pytest.fail(f"{request.node.nodeid}: {error}")


@pytest.fixture(scope="session")
def kept_warm(tmp_path_factory: pytest.TempPathFactory, _template_of_the_session: None) -> Path:
    """A project whose next `ls` is told, to be left so."""
    return make_warm(tmp_path_factory.mktemp("warm") / "project")


@pytest.fixture
def warm(kept_warm: Path) -> Iterator[Path]:
    """The same, to do anything to."""
    before = tree_of(kept_warm)
    yield kept_warm
    put_back(kept_warm, before)
    warm_up(kept_warm)
