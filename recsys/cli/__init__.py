"""The command line: `recsys build`, `serve`, `strip`, `evaluate`, `train`, `compare` and `publish`."""
