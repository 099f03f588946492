"""``flatmanifest profile``: where a dbt command's time goes. docs/profiling.md.

One real command is run, once, with clocks around the functions that its phases consist of
(:mod:`phases`), a ledger of what it serializes (:mod:`ledger`), and cProfile (:mod:`functions`);
on request the memory of each phase (:mod:`memory`) and stacks that py-spy takes from outside
(:mod:`stacks`). What was found is a :class:`report.Report`, which is printed, kept as JSON or shown
as a page. :mod:`comparison` runs a command as it is with dbt alone, with the plugin and by the
front door.
"""
