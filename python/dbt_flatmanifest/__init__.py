"""The module that dbt finds by its name (dbt.plugins) while it sets a project up."""

from flatmanifest.dbt.switch import switch_on

switch_on()
