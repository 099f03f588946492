"""The seam of scrubbing: which values are secrets (dbt_common.exceptions.base).

Every exception of dbt asks for them when it is made, which decodes the whole environment. A parse
makes thousands that are caught again, most of them while it looks for a macro.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flatmanifest.dbt.seams import Kind, encoded_environment, is_on, seam

if TYPE_CHECKING:
    from collections.abc import Callable

SWITCH = "secrets"
DOES = "the list, as long as the environment is the same"


class Secrets:
    """What the environment held when dbt last looked. Comparing costs less than decoding."""

    def __init__(self, of_dbt: Callable[[], list[str]]) -> None:
        self.of_dbt = of_dbt
        self.environment: dict[object, object] | None = None
        self.found: list[str] = []

    def __call__(self) -> list[str]:
        environment = encoded_environment()
        if environment is None or not is_on(SWITCH):
            return self.of_dbt()
        if environment != self.environment:
            self.found = self.of_dbt()
            self.environment = dict(environment)
        return list(self.found)


@seam("dbt_common.exceptions.base", "env_secrets", DOES, kind=Kind.ATTRIBUTE)
@seam("dbt_common.events.functions", "env_secrets", DOES, kind=Kind.ATTRIBUTE)
def secrets(of_dbt: Callable[[], list[str]]) -> Secrets:
    return Secrets(of_dbt)
