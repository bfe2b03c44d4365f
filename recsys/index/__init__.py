"""The index folder on disk: opening, writing and replacing it, and its card."""
