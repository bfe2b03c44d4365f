"""Values and rules of the domain. This package uses numpy only: no files, no network."""
