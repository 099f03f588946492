"""The seam of scrubbing: the list of secret values (dbt_common.exceptions.base, env_secrets).

Every exception of dbt's asks for the secrets when it is made, and each time the whole environment
is decoded. A parse makes thousands of exceptions that are caught again, most of them while it looks
for a macro.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flatmanifest.dbt.seams import Kind, encoded_environment, is_on, seam

if TYPE_CHECKING:
    from collections.abc import Callable

SWITCH = "secrets"
DOES = "the list, as long as the environment is the same"


class Secrets:
    """The secrets, with the environment that they were found in.

    Comparing environments costs less than decoding one.
    """

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
