"""The values that dbt's options have without the command line, for options that are evaluated."""

from __future__ import annotations

from typing import Any

# The options that the front door evaluates (native/front/command_line.h).
LISTS = ("select", "models", "exclude", "resource_types", "exclude_resource_types", "output_keys")
WORDS = ("selector", "output", "indirect_selection")


def was_given(context: Any, name: str) -> bool:
    """Whether an option was on the command line, before or after the command's name."""
    from click.core import ParameterSource  # noqa: PLC0415

    each = context
    while each is not None:
        if each.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            return True
        each = each.parent
    return False


def value_without(context: Any, name: str, project_flags: Any) -> Any:
    """The value that an option would have without the command line.

    The value comes from its environment variable, else from the project's flags, else from click
    (dbt.cli.flags, Flags.__init__).
    """
    from click.core import ParameterSource  # noqa: PLC0415

    each = context
    while each is not None:
        for option in each.command.params:
            if option.name == name:
                value, source = option.consume_value(each, {})
                flag = getattr(project_flags, name, None)
                if source is not ParameterSource.ENVIRONMENT and flag is not None:
                    return plain(name, flag)
                found = option.process_value(each, value)
                # click has a mark of its own for a value that is not set.
                return plain(name, found if isinstance(found, (str, list, tuple)) else None)
        each = each.parent
    return None


def default(name: str) -> Any:
    from dbt.flags import get_flags  # noqa: PLC0415

    return plain(name, getattr(get_flags(), name.upper(), None))


def plain(name: str, value: Any) -> Any:
    """The value of an option in the form of the front door (native/front/command_line.h)."""
    if name in WORDS:
        return None if value is None else str(value)
    return [str(each) for each in value] if value else None
