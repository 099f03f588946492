"""Chains of four models: base → staging → intermediate → marts, with a not_null test on each model.

Chain ``i`` is ``base_i``, ``staging_i``, ``intermediate_i``, ``marts_i``. Chains do not refer to
each other, so that ``--select +marts_0`` is four models and their tests in a project of any size.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.projects.scaffold import FOLDER_SIZE, ProjectFile, folder_of, project_settings


class Layer(NamedTuple):
    """One of the four models of every chain."""

    name: str
    materialized: str
    key: str  # the tested column
    sql: str  # the model's code; {parent} is the layer above, {chain} the chain's number
    description: str


LAYERS = (
    Layer(
        name="base",
        materialized="view",
        key="id",
        sql="""\
select
    range as id,
    range % 7 as customer_id,
    (range * 37) % 1000 as amount_cents
from range(100)
""",
        description="Orders of shop {chain}, as they were loaded.",
    ),
    Layer(
        name="staging",
        materialized="view",
        key="id",
        sql="""\
select
    id,
    customer_id,
    amount_cents / 100.0 as amount
from {{{{ ref('base_{chain}') }}}}
where amount_cents > 0
""",
        description="Orders of shop {chain} that cost something, in whole currency units.",
    ),
    Layer(
        name="intermediate",
        materialized="view",
        key="customer_id",
        sql="""\
select
    customer_id,
    count(*) as orders,
    sum(amount) as amount
from {{{{ ref('staging_{chain}') }}}}
group by customer_id
""",
        description="Orders and money by customer of shop {chain}.",
    ),
    Layer(
        name="marts",
        materialized="table",
        key="customer_id",
        sql="""\
select
    customer_id,
    orders,
    amount,
    amount / orders as average_amount
from {{{{ ref('intermediate_{chain}') }}}}
""",
        description="One row for each customer of shop {chain}.",
    ),
)


def chain_project(chains: int) -> Iterator[ProjectFile]:
    """Yield the files of a project with ``4 * chains`` models and as many tests."""
    yield from project_settings("chain", {layer.name: layer.materialized for layer in LAYERS})
    for layer in LAYERS:
        for start in range(0, chains, FOLDER_SIZE):
            members = range(start, min(start + FOLDER_SIZE, chains))
            folder = f"models/{layer.name}/{folder_of(start)}"
            for chain in members:
                yield ProjectFile(
                    f"{folder}/{layer.name}_{chain}.sql", layer.sql.format(chain=chain)
                )
            yield ProjectFile(f"{folder}/_schema.yml", _schema(layer, members))


def _schema(layer: Layer, members: range) -> str:
    entries = "".join(
        f"  - name: {layer.name}_{chain}\n"
        f"    description: {layer.description.format(chain=chain)}\n"
        "    columns:\n"
        f"      - name: {layer.key}\n"
        "        data_tests:\n"
        "          - not_null\n"
        for chain in members
    )
    return f"version: 2\nmodels:\n{entries}"
