"""The index folder as values: the manifest and the encoder specification. No product is read here."""
