"""How good search, likes and outfits are, and which encoder and search engine are better."""
