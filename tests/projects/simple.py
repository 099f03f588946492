"""A dense graph: each model reads several earlier models.

Every model has a unique and a not_null test. A model that reads others also has a relationships
test.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

from tests.projects.scaffold import FOLDER_SIZE, ProjectFile, folder_of, project_settings

# One model in ROOT_SHARE reads nothing, as staging models of a real project read sources only.
ROOT_SHARE = 20
# The greatest distance to a model that a model reads: without a bound the graph would be shallow.
REACH = 150
MAX_PARENTS = 5
SEED = 20_240_501

ROOT_SQL = """\
select
    range as id,
    (range * 37 + {number}) % 1000 as value
from range(50)
"""


def simple_project(models: int) -> Iterator[ProjectFile]:
    """Yield the files of a project with ``models`` models, ``model_0`` and so on."""
    parents = _parents(models)
    # Views would expand to all paths that lead to a model, which no database finishes.
    yield from project_settings("simple", {"simple": "table"})
    for start in range(0, models, FOLDER_SIZE):
        members = range(start, min(start + FOLDER_SIZE, models))
        folder = f"models/simple/{folder_of(start)}"
        for number in members:
            yield ProjectFile(f"{folder}/model_{number}.sql", _sql(number, parents[number]))
        yield ProjectFile(f"{folder}/_schema.yml", _schema(members, parents))


def _parents(models: int) -> dict[int, Sequence[int]]:
    """Return the models that each model reads; every run gives the same ones."""
    randomness = random.Random(SEED)
    parents: dict[int, Sequence[int]] = {}
    for number in range(models):
        earlier = range(max(0, number - REACH), number)
        wanted = 0 if number % ROOT_SHARE == 0 else randomness.randint(2, MAX_PARENTS)
        parents[number] = sorted(randomness.sample(earlier, min(wanted, len(earlier))))
    return parents


def _sql(number: int, parents: Sequence[int]) -> str:
    if not parents:
        return ROOT_SQL.format(number=number)
    first, *others = parents
    value = " + ".join(f"p{index}.value" for index in range(len(parents)))
    joins = "".join(
        f"inner join {{{{ ref('model_{parent}') }}}} as p{index} on p{index}.id = p0.id\n"
        for index, parent in enumerate(others, start=1)
    )
    return (
        "select\n"
        "    p0.id,\n"
        f"    ({value}) % 1000 as value\n"  # unbounded, it would double at every step of a path
        f"from {{{{ ref('model_{first}') }}}} as p0\n" + joins
    )


def _schema(members: range, parents: Mapping[int, Sequence[int]]) -> str:
    return "version: 2\nmodels:\n" + "".join(
        _model_properties(number, parents[number]) for number in members
    )


def _model_properties(number: int, parents: Sequence[int]) -> str:
    reads = f"Adds up {len(parents)} models." if parents else "Reads nothing."
    properties = (
        f"  - name: model_{number}\n"
        f"    description: {reads}\n"
        "    columns:\n"
        "      - name: id\n"
        "        data_tests:\n"
        "          - unique\n"
        "          - not_null\n"
    )
    if parents:
        properties += (
            "          - relationships:\n"
            "              arguments:\n"
            f"                to: ref('model_{parents[0]}')\n"
            "                field: id\n"
        )
    return properties
