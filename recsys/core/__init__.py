"""Values and rules of the domain: numpy only, no files, no network."""
