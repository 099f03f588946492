"""Benchmarks of flatmanifest, and the dbt projects that they and the tests run on."""
