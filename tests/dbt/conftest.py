"""dbt has started before the first test asks for it: tests/dbt/template."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dbt.template import TEMPLATE, TemplateDiedError

if TYPE_CHECKING:
    from collections.abc import Iterator


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
