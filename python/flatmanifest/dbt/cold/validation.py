"""The seam of validation: schemas compiled to Python (dbt_common.dataclass_schema).

dbt walks through the schema of a class with jsonschema for every object that it validates, and
parsing validates every resource several times: a third of a cold parse. Here a schema that is used
often is compiled once (fastjsonschema). If the compiled schema rejects an object, dbt validates the
object again, so that the verdict and the message are dbt's.

The two could differ only if the compiled schema accepted what dbt rejects. For the keywords that
:func:`reduced` accepts, both libraries agree on every JSON value. They disagree on tuples, which
one of them takes for arrays; :func:`may_have_tuple` leaves those to dbt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flatmanifest.dbt.seams import Kind, attempt, seam

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt_common.dataclass_schema import dbtClassMixin

SWITCH = "validation"
COMPILED_AFTER = 25  # validations by dbt: compiling takes as long as some tens of validations

Schema = dict[str, Any]

# Keywords without effect. dbt validates by a draft of JSON Schema that does not know prefixItems.
ANNOTATIONS = {"title", "description", "default", "prefixItems"}
KEPT = {"type", "required", "pattern", "minItems", "maxItems"}
NESTED = {"items", "additionalProperties", "propertyNames"}
CONTAINERS_SEEN = 100_000
ATOMS = {str, int, float, bool, type(None)}


class UnknownKeywordError(ValueError):
    """A schema has a keyword that the two libraries may understand differently."""


class Validator:
    """The validations of one class. It has no lock: at worst, two threads compile the schema."""

    def __init__(self) -> None:
        self.uses = 0
        self.check: Callable[[Any], Any] | None = None

    def accepts(self, kind: type[dbtClassMixin], data: Any) -> bool:
        self.uses += 1
        if self.uses == COMPILED_AFTER:
            self.check = attempt(compiled, kind.json_schema())
        return self.check is not None and passes(self.check, data)


def passes(check: Callable[[Any], Any], data: Any) -> bool:
    try:
        check(data)
    except Exception:  # noqa: BLE001 - rejected, or not checkable: dbt decides
        return False
    return not may_have_tuple(data)


def may_have_tuple(data: Any) -> bool:
    """Whether there is a tuple, or too much to search: a value from YAML may contain itself."""
    left = [data]
    for _ in range(CONTAINERS_SEEN):
        if not left:
            return False
        value = left.pop()
        if isinstance(value, tuple):
            return True
        if isinstance(value, dict):
            value = value.values()
        elif not isinstance(value, list):
            continue
        left.extend(part for part in value if type(part) not in ATOMS)
    return True


def compiled(schema: Schema) -> Callable[[Any], Any] | None:
    import fastjsonschema  # noqa: PLC0415 - most commands validate little

    try:
        check: Callable[[Any], Any] = fastjsonschema.compile(
            reduced(schema), use_default=False, use_formats=False
        )
    except UnknownKeywordError:
        return None
    return check


def reduced(schema: Any) -> Any:
    """The schema without keywords that only describe.

    Raises UnknownKeywordError for a keyword that may mean different things to the two libraries.
    """
    if isinstance(schema, bool):
        return schema
    result: Schema = {}
    for keyword, value in schema.items():
        if keyword in KEPT or is_of_strings(keyword, value):
            result[keyword] = value
        elif keyword == "properties":
            result[keyword] = {name: reduced(part) for name, part in value.items()}
        elif keyword == "anyOf":
            result[keyword] = [reduced(part) for part in value]
        elif keyword in NESTED and isinstance(value, (dict, bool)):
            result[keyword] = reduced(value)
        elif keyword not in ANNOTATIONS:
            raise UnknownKeywordError(keyword)
    return result


def is_of_strings(keyword: str, value: Any) -> bool:
    """Whether ``enum`` or ``const`` has texts only: the libraries may disagree if 1 equals true."""
    if keyword == "enum":
        return all(isinstance(choice, (str, type(None))) for choice in value)
    return keyword == "const" and isinstance(value, str)


_validators: dict[type, Validator] = {}


@seam(
    "dbt_common.dataclass_schema:dbtClassMixin",
    "validate",
    "the schema, compiled to Python; dbt validates again what that rejects",
    switch=SWITCH,
    kind=Kind.CLASSMETHOD,
)
def validate(original: Callable[..., None], kind: type[dbtClassMixin], data: Any) -> None:
    known = _validators.get(kind)
    if known is None:
        known = _validators[kind] = Validator()
    if not known.accepts(kind, data):
        original(kind, data)
