"""Many reader processes and one publisher: ``python -m bench.load``, docs in bench/README.md."""
