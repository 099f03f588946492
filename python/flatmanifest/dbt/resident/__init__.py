"""The resident dbt: a template process from which commands are copied. docs/resident.md.

- ``starting``: a command that has started Python starts a template when it ends
- ``imports``: what the template loads, and on what that depends
- ``template``: the process that makes copies
- ``request``: the request that a copy gets from its client (native/resident)
- ``taking_on``: a copy takes on the state of its client
- ``command``: a copy runs the command

Only Linux has it: ``native/resident/unavailable.cc`` says why.
"""
