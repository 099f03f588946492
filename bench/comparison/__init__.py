"""Compares engines by dbt's commands on generated projects: ``python -m bench.comparison``.

:mod:`engines` are the compared programs, :mod:`plan` says which commands they run on which
projects, :mod:`execution` runs and times them, :mod:`results` keeps the measurements, and
:mod:`report` and :mod:`charts` show it.
"""
