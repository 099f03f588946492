"""dbt's commands, engine beside engine, on generated projects: ``python -m bench.comparison``.

:mod:`engines` are the programs that are compared, :mod:`plan` says which commands they run on which
projects, :mod:`execution` runs and times them, :mod:`results` keeps what was found, and
:mod:`report` and :mod:`charts` show it.
"""
