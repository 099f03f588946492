"""The state of dbt in a process, beside a manifest and its configuration.

A worker that is no copy of dbt's process needs this state. It consists of everything that parsing
may read in dbt 1.10 to 1.12.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import dbt.flags
import dbt.tracking
import dbt_common.invocation
from dbt.adapters.factory import FACTORY, get_adapter
from dbt.context.providers import generate_runtime_macro_context
from dbt.mp_context import get_mp_context
from dbt_common.context import get_invocation_context, reliably_get_invocation_var
from dbt_common.events.base_types import EventLevel
from dbt_common.events.contextvars import (
    LOG_PREFIX,
    TASK_PREFIX,
    get_contextvars,
    set_contextvars,
)
from dbt_common.events.event_manager_client import get_event_manager

from flatmanifest.dbt.workers.code_digest import digests_of_code, first_unlike
from flatmanifest.dbt.workers.pool import NoWorkersError
from flatmanifest.dbt.workers.record_file import silenced

if TYPE_CHECKING:
    from datetime import datetime

    from dbt.config import RuntimeConfig

# The attributes of the event manager that decide whether a warning becomes an error.
OF_EVENTS = (
    *("_warn_error", "_warn_error_options"),
    *("require_warn_or_error_handling", "allow_deferral"),
)
PREFIXES = (LOG_PREFIX, TASK_PREFIX)


class Invocation(NamedTuple):
    """The state of one invocation of dbt, to be pickled.

    It contains the whole environment, including secrets. It must not be written to a file.
    """

    directory: str
    path: list[str]
    environment: dict[str, str]
    flags: Any
    context: Any
    context_variables: list[dict[str, Any]]
    invocation_id: str
    started_at: datetime
    user: Any
    events: dict[str, Any]
    catalogs: list[str]
    code: dict[str, str]

    def install(self, config: RuntimeConfig) -> None:
        """Give the dbt of this process this state.

        Raises NoWorkersError if the two processes would still differ.
        """
        os.chdir(self.directory)
        sys.path[:] = self.path
        os.environ.clear()
        os.environ.update(self.environment)
        dbt.flags.set_flags(self.flags)
        self.flags.set_common_global_flags()
        reliably_get_invocation_var().set(self.context)
        for prefix, variables in zip(PREFIXES, self.context_variables, strict=True):
            set_contextvars(prefix, **variables)
        dbt_common.invocation._INVOCATION_ID = self.invocation_id  # noqa: SLF001
        dbt_common.invocation._INVOCATION_STARTED_AT = self.started_at  # noqa: SLF001
        dbt.tracking.active_user = self.user
        vars(get_event_manager()).update(self.events)
        register_again(config)
        if self.catalogs != catalogs_of(config):
            message = "the adapter has catalog integrations"
            raise NoWorkersError(message)
        unlike = first_unlike(self.code)
        if unlike is not None:
            message = f"{unlike} is not as it was written"
            raise NoWorkersError(message)


def current(config: RuntimeConfig) -> Invocation:
    """The state of this process. Raises NoWorkersError for a state that cannot be passed on."""
    context = get_invocation_context()
    if context.recorder is not None:
        message = "dbt's recorder is on"
        raise NoWorkersError(message)
    events = vars(get_event_manager())
    return Invocation(
        directory=os.getcwd(),  # noqa: PTH109 - pickled as text
        path=list(sys.path),
        environment=dict(os.environ),
        flags=dbt.flags.get_flags(),
        context=context,
        context_variables=[get_contextvars(prefix) for prefix in PREFIXES],
        invocation_id=dbt_common.invocation.get_invocation_id(),
        started_at=dbt_common.invocation.get_invocation_started_at(),
        user=silenced(dbt.tracking.active_user),
        events={name: events[name] for name in OF_EVENTS if name in events},
        catalogs=catalogs_of(config),
        code=digests_of_code(),
    )


def register_again(config: RuntimeConfig) -> None:
    """Register the adapter, as dbt.parser.manifest.parse_manifest does."""
    FACTORY.load_plugin(config.credentials.type)
    FACTORY.adapters.clear()
    FACTORY.register_adapter(config, get_mp_context(), EventLevel.DEBUG)
    get_adapter(config).set_macro_context_generator(generate_runtime_macro_context)


def catalogs_of(config: RuntimeConfig) -> list[str]:
    """The names of an adapter's catalog integrations. The integrations cannot be passed on."""
    client = getattr(get_adapter(config), "_catalog_client", None)
    return list(getattr(client, "_CatalogIntegrationClient__catalog_integrations", ()))
