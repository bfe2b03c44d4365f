"""The command line: `recsys build`, `serve`, `evaluate`, `train`, `compare` and `publish`."""
