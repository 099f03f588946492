"""The seams that make dbt's own work cheaper, with an entry or without one.

Each replaces one costly step of parsing, validating, rendering or writing. None of them needs
another; most have a switch (``flatmanifest seams``).
"""
