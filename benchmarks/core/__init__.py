"""What the benchmarks share: timing, child processes, a running app, results as JSON and Markdown."""
