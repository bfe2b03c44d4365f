"""Benchmarks of the whole project: `python -m benchmarks --list` names them."""
