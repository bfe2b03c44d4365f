"""Opens the index to serve with fallbacks, loads its encoder in the background, and reloads newer indexes."""
