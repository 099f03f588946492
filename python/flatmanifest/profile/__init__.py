"""``flatmanifest profile``: where a dbt command's time goes. docs/profiling.md.

One real command is run once (:mod:`measurement`), with these instruments:

- :mod:`phases`, :mod:`clock`: clocks around the functions of dbt that each phase consists of
- :mod:`ledger`: what the command serializes
- :mod:`functions`: cProfile
- :mod:`memory`: on request, the resident memory of each phase
- :mod:`stacks`: on request, stacks that py-spy takes from outside

The result is a :class:`report.Report`, which is printed (:mod:`text`), kept as JSON or shown as a
page (:mod:`page`). :mod:`comparison` runs a command with dbt alone, with the plugin and by the
front door.
"""
