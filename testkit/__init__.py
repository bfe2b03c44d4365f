"""Test doubles and test data that `tests/` and `benchmarks/` share, so that neither imports the other."""
