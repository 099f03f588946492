"""The plugin module: dbt finds it by the prefix of its name while it sets a project up.

Importing it puts the seams into the dbt of this process (``flatmanifest.dbt.switch.switch_on``).
dbt discovers plugin modules in ``dbt.plugins.manager``.
"""

from flatmanifest.dbt.switch import switch_on

switch_on()
