"""Many reader processes and one publisher: ``python -m bench.load``; see bench/README.md."""
