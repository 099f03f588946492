"""The benchmarks of flatmanifest: ``make bench`` runs them, bench/README.md describes them."""
