"""The index folder on disk: reading, writing, replacing it in one step, and its card."""
