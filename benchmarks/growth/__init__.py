"""How build, memory and query time grow with the catalogue."""
