"""The seams that make dbt's own work cheaper, with an entry or without one.

Each seam replaces one costly step of parsing, validating, rendering or writing. The seams are
independent of each other, and most have a switch (``flatmanifest seams`` lists them).
"""
