"""How the index grows: `make bench`, or `python -m benchmarks --help`."""
